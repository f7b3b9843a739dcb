"""The report counts everything and keeps enough sentences to act on, however many findings there are."""

from coalition.audit.checks import FINDINGS_KEPT_MAX, MEANINGS, SENTENCE_CHARACTERS_MAX, Check, Report


def test_every_check_says_what_it_means() -> None:
    assert MEANINGS.keys() == set(Check)


def test_findings_beyond_the_limit_are_counted_and_other_checks_still_kept() -> None:
    report = Report()
    for number in range(FINDINGS_KEPT_MAX + 50):
        report.find(Check.NUMBERS, f"1:{number}", "x" * 5_000)
    report.find(Check.TIMES, "1:0", "late")
    assert report.tried[Check.NUMBERS].failed == FINDINGS_KEPT_MAX + 50
    assert len(report.findings) == FINDINGS_KEPT_MAX + 1
    assert max(len(finding.sentence) for finding in report.findings) == SENTENCE_CHARACTERS_MAX
    assert not report.ok


def test_a_finding_is_drained_once() -> None:
    report = Report()
    report.find(Check.TIMES, "1:0", "late")
    assert [str(finding) for finding in report.drain()] == ["times: 1:0: late"]
    assert list(report.drain()) == []


def test_what_holds_is_counted_and_not_found() -> None:
    report = Report()
    assert report.require(True, Check.KEYS, "1:0", "bad")
    assert not report.require(False, Check.KEYS, "1:1", "bad")
    assert (report.tried[Check.KEYS].count, report.tried[Check.KEYS].failed) == (2, 1)
    assert any(line.startswith("keys") and "1 FOUND" in line for line in report.lines())
