"""A statement of a practice network cannot be taken for one of a real network, in whatever form."""

import csv
import io
import json
from dataclasses import replace

from settlement.statements.build import statement
from settlement.statements.spelling import to_csv, to_json
from settlement.statements.tables import facts, read_told
from tests.settlement.statements.books import GOLDEN


def test_a_statement_of_a_practice_network_says_so_in_every_form() -> None:
    told = statement(replace(GOLDEN, practice=True), "cafe")
    assert json.loads(to_json(told))["practice"] is True
    assert ["practice", "yes"] in [row[:2] for row in csv.reader(io.StringIO(to_csv(told).decode()))]
    name = f"{GOLDEN.network}, for practice: nothing here is real"
    assert ("Network", name) in facts(read_told(to_json(told)))  # what PDF and XLSX show


def test_a_statement_of_a_real_network_says_nothing_of_practice() -> None:
    told = statement(GOLDEN, "cafe")
    assert b"practice" not in to_json(told) + to_csv(told)
