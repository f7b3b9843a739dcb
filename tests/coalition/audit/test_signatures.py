"""Every signature that is not genuine is named, whether verified here or by other processes."""

from dataclasses import replace

import pytest

from coalition.audit.signatures import POOL_FROM_JOBS, Job, SignatureChecker
from settlement.signing import ECDSA_P256, ED25519, new_key, pae

TYPE = "application/vnd.coalition.v1.IssueRequest+protobuf"


def _jobs(count: int, algorithm: str = ED25519) -> list[Job]:
    key = new_key(algorithm)
    payloads = [b"%d" % number for number in range(count)]
    return [Job(f"1:{at}", key.spki, key.sign(pae(TYPE, p)), TYPE, p) for at, p in enumerate(payloads)]


def _bad_of(jobs: list[Job]) -> tuple[int, list[str]]:
    verified = 0
    bad: list[str] = []

    def done(number: int, found: list[tuple[str, str]]) -> None:
        nonlocal verified
        verified += number
        bad.extend(where for where, _ in found)

    with SignatureChecker(done) as checker:
        for job in jobs:
            checker.add(job)
        checker.finish()
    return verified, bad


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA_P256])
def test_genuine_signatures_are_counted_and_not_named(algorithm: str) -> None:
    assert _bad_of(_jobs(20, algorithm)) == (20, [])


def test_each_part_of_a_job_is_signed() -> None:
    job, other = _jobs(1)[0], _jobs(1)[0]
    changed = [
        replace(job, spki=other.spki),
        replace(job, signature=other.signature),
        replace(job, payload=b"x"),
        replace(job, payload_type=TYPE + "x"),
        replace(job, signature=b""),
        replace(job, spki=b"no key"),
    ]
    assert _bad_of(changed) == (6, ["1:0"] * 6)


def test_other_processes_find_the_same() -> None:
    jobs = _jobs(POOL_FROM_JOBS + 700)
    for place in (0, 3_999, 4_001, len(jobs) - 1):
        jobs[place] = replace(jobs[place], payload=b"forged")
    assert _bad_of(jobs) == (len(jobs), ["1:0", "1:3999", "1:4001", f"1:{len(jobs) - 1}"])
