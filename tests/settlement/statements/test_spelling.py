"""A statement's bytes: the same every time, readable by any reader of JSON and CSV, and harmless in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from settlement.statements.build import statement, statements
from settlement.statements.cyclebook import CycleBook
from settlement.statements.spelling import COLUMNS, documents, folder_name, to_csv, to_json
from tests.settlement.statements.books import GOLDEN, cycle_books

GOLDEN_JSON = b"""{
  "version": "coalition-statement/v1",
  "network": "clearing.example/coalition-1",
  "document": 9,
  "partner": {
    "id": "cafe",
    "name": "Cafe"
  },
  "cycle": {
    "number": 3,
    "label": "2026-11",
    "closed_by": "0:41",
    "closed_at": "2026-12-01T00:00:00.000007Z",
    "ranges": [
      {
        "shard": 1,
        "start": 10,
        "end": 250
      },
      {
        "shard": 2,
        "start": 0,
        "end": 4
      }
    ]
  },
  "currency": "EUR",
  "opening": "0.00",
  "settled": "0.00",
  "counterparties": [
    {
      "id": "bakery",
      "name": "=Bread, \\"fresh\\"",
      "owes": {
        "amount": "0.00",
        "count": 0
      },
      "owed": {
        "amount": "0.00",
        "count": 1
      },
      "net": "0.00",
      "purposes": {
        "reimbursement": {
          "owes": {
            "amount": "0.000000",
            "count": 0
          },
          "owed": {
            "amount": "0.003300",
            "count": 1
          }
        },
        "carried": {
          "owes": {
            "amount": "0.000000",
            "count": 0
          },
          "owed": {
            "amount": "-0.003300",
            "count": 0
          }
        }
      }
    }
  ],
  "owes": {
    "amount": "0.00",
    "count": 0
  },
  "owed": {
    "amount": "0.00",
    "count": 1
  },
  "net": "0.00",
  "purposes": {
    "reimbursement": {
      "owes": {
        "amount": "0.000000",
        "count": 0
      },
      "owed": {
        "amount": "0.003300",
        "count": 1
      }
    },
    "carried": {
      "owes": {
        "amount": "0.000000",
        "count": 0
      },
      "owed": {
        "amount": "-0.003300",
        "count": 0
      }
    }
  },
  "outcome": "nothing due",
  "due": "0.00",
  "closing": "0.00",
  "points": {
    "issued": {
      "points": 0,
      "count": 0
    },
    "redeemed": {
      "points": 0,
      "count": 0
    },
    "issues_reversed": {
      "points": 0,
      "count": 0
    },
    "redemptions_reversed": {
      "points": 0,
      "count": 0
    },
    "expired": {
      "points": 0,
      "count": 0
    },
    "arrears_made": {
      "points": 0,
      "count": 0
    },
    "arrears_repaid": {
      "points": 0,
      "count": 0
    }
  },
  "value": {
    "issued": {
      "amount": "0.00",
      "count": 0
    },
    "redeemed": {
      "amount": "0.00",
      "count": 0
    },
    "issues_reversed": {
      "amount": "0.00",
      "count": 0
    },
    "redemptions_reversed": {
      "amount": "0.00",
      "count": 0
    },
    "expired": {
      "amount": "0.00",
      "count": 0
    },
    "arrears_made": {
      "amount": "0.00",
      "count": 0
    },
    "arrears_repaid": {
      "amount": "0.00",
      "count": 0
    }
  }
}
"""

GOLDEN_CSV = """\
version,coalition-statement/v1,,,,,,,,,
network,clearing.example/coalition-1,,,,,,,,,
document,8,,,,,,,,,
partner,bakery,"'=Bread, ""fresh""\",,,,,,,,
cycle,3,2026-11,,,,,,,,
closed_by,0:41,,,,,,,,,
closed_at,2026-12-01T00:00:00.000007Z,,,,,,,,,
range,1,10,250,,,,,,,
range,2,0,4,,,,,,,
currency,EUR,,,,,,,,,
outcome,pays,1234.06,,,,,,,,
kind,counterparty,name,owes_count,owes,owed_count,owed,net,count,points,value
opening,,,,,,,5.00,,,
settled,,,,,,,4.50,,,
counterparty,acme,Acme Stores,12,1234.56,1,0.50,1234.06,,,
reimbursement,acme,Acme Stores,11,1234.563400,0,0.000000,1234.563400,,,
interchange,acme,Acme Stores,1,0.003000,1,0.500000,-0.497000,,,
carried,acme,Acme Stores,0,-0.006400,0,0.000000,-0.006400,,,
counterparty,cafe,Cafe,1,0.00,0,0.00,0.00,,,
reimbursement,cafe,Cafe,1,0.003300,0,0.000000,0.003300,,,
carried,cafe,Cafe,0,-0.003300,0,0.000000,-0.003300,,,
total,,,13,1234.56,1,0.50,1234.06,,,
reimbursement,,,12,1234.566700,0,0.000000,1234.566700,,,
interchange,,,1,0.003000,1,0.500000,-0.497000,,,
carried,,,0,-0.009700,0,0.000000,-0.009700,,,
closing,,,,,,,1234.56,,,
issued,,,,,,,,9,1000,
redeemed,,,,,,,,0,0,
issues_reversed,,,,,,,,0,0,
redemptions_reversed,,,,,,,,1,5,
expired,,,,,,,,0,0,
arrears_made,,,,,,,,0,0,
arrears_repaid,,,,,,,,1,7,
value_issued,,,,,,,,0,,0.00
value_redeemed,,,,,,,,2,,25.00
value_issues_reversed,,,,,,,,0,,0.00
value_redemptions_reversed,,,,,,,,0,,0.00
value_expired,,,,,,,,0,,0.00
value_arrears_made,,,,,,,,0,,0.00
value_arrears_repaid,,,,,,,,0,,0.00
"""


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("ascii"), newline=""), strict=True))


def test_a_golden_json() -> None:
    assert to_json(statement(GOLDEN, "cafe")) == GOLDEN_JSON


def test_a_golden_csv() -> None:
    assert to_csv(statement(GOLDEN, "bakery")) == GOLDEN_CSV.replace("\n", "\r\n").encode("ascii")


@given(cycle_books())
def test_the_order_in_which_a_book_was_filled_does_not_show(book: CycleBook) -> None:
    turned = replace(
        book,
        ranges=dict([*book.ranges.items()][::-1]),
        obligations=dict([*book.obligations.items()][::-1]),
        charges={pair: dict([*owed.items()][::-1]) for pair, owed in [*book.charges.items()][::-1]},
        activity=dict([*book.activity.items()][::-1]),
        value=dict([*book.value.items()][::-1]),
        opening=dict([*book.opening.items()][::-1]),
        settled=dict([*book.settled.items()][::-1]),
    )
    assert list(documents(turned).items()) == list(documents(book).items())


@given(cycle_books())
def test_json_read_back_says_what_the_statement_says(book: CycleBook) -> None:
    for told in statements(book):
        content = to_json(told)
        read = json.loads(content)
        assert (json.dumps(read, indent=2) + "\n").encode() == content
        unit = Decimal(10) ** book.minor_digits
        assert Decimal(read["net"]) * unit == told.net_minor
        assert Decimal(read["closing"]) * unit == told.closing_minor
        assert Decimal(read["opening"]) - Decimal(read["settled"]) + Decimal(read["net"]) == Decimal(
            read["closing"]
        )
        assert sum(Decimal(each["net"]) for each in read["counterparties"]) == Decimal(read["net"])
        assert read["points"]["redeemed"]["points"] == told.activity.redeemed.points
        assert Decimal(read["value"]["issued"]["amount"]) * unit == told.value.issued.points


@given(cycle_books())
def test_csv_has_one_shape_and_the_figures_of_the_json(book: CycleBook) -> None:
    for told in statements(book):
        rows, read = rows_of(to_csv(told)), json.loads(to_json(told))
        assert {len(row) for row in rows} == {len(COLUMNS)}
        lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows[rows.index(list(COLUMNS)) + 1 :]]
        found = [(each["counterparty"], each["net"]) for each in lines if each["kind"] == "counterparty"]
        assert found == [(each["id"], each["net"]) for each in read["counterparties"]]
        nets = {each["kind"]: each["net"] for each in lines}
        assert (nets["opening"], nets["total"], nets["closing"]) == (
            read["opening"],
            read["net"],
            read["closing"],
        )


@given(cycle_books())
def test_no_text_in_csv_is_a_formula(book: CycleBook) -> None:
    for told in statements(book):
        for row in rows_of(to_csv(told)):
            numbers = [cell for cell in row if cell.startswith("-")]
            assert all(Decimal(cell) < 0 for cell in numbers)
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]


@pytest.mark.parametrize(
    ("label", "folder"),
    [(None, "3"), ("2026-11", "3-2026-11"), ("../../x y", "3-..-..-x-y"), ("a\\b:c", "3-a-b-c")],
)
def test_a_label_cannot_lead_out_of_its_folder(label: str | None, folder: str) -> None:
    assert folder_name(replace(GOLDEN, label=label)) == folder
    assert next(iter(documents(replace(GOLDEN, label=label)))) == f"{folder}/acme.json"
