"""Cycle books for the tests of statements: one by hand, and any that Hypothesis thinks of."""

from hypothesis import strategies as st

from settlement.statements.cyclebook import Activity, CycleBook, Owed, Tally
from settlement.statements.purposes import CARRIED, PURPOSES, Charge

NAMES = {"acme": "Acme Stores", "bakery": '=Bread, "fresh"', "cafe": "Cafe", "dairy": "Dairy"}

GOLDEN = CycleBook(
    network="clearing.example/coalition-1",
    currency="EUR",
    minor_digits=2,
    cycle=3,
    label="2026-11",
    first_document=7,
    closed_at=41,
    closed_at_us=1_796_083_200_000_007,
    names=NAMES,
    ranges={2: (0, 4), 1: (10, 250)},
    obligations={
        ("bakery", "acme"): Owed(123_456, 12),
        ("acme", "bakery"): Owed(50, 1),
        ("bakery", "cafe"): Owed(0, 1),
    },
    charges={
        ("bakery", "acme"): {"interchange": Charge(3_000, 1), "reimbursement": Charge(1_234_563_400, 11)},
        ("acme", "bakery"): {"interchange": Charge(500_000, 1)},
        ("bakery", "cafe"): {"reimbursement": Charge(3_300, 1)},
    },
    activity={
        "bakery": Activity(
            issued=Tally(1000, 9), redemptions_reversed=Tally(5, 1), arrears_repaid=Tally(7, 1)
        )
    },
    value={"bakery": Activity(redeemed=Tally(2_500, 2))},
    opening={"bakery": 500, "acme": -500},
    settled={"bakery": 450, "acme": -450},
    late={"PTS": {"bakery": Tally(90, 2)}},
)

partners = st.sampled_from(sorted(NAMES))
pairs = st.tuples(partners, partners).filter(lambda pair: pair[0] != pair[1])
tallies = st.builds(Tally, st.integers(0, 10**15), st.integers(0, 10**9))
positions = st.dictionaries(partners, st.integers(-(10**12), 10**12))


@st.composite
def cycle_books(draw: st.DrawFn) -> CycleBook:
    """Any closed cycle between the four partners."""
    owed = st.builds(Owed, st.integers(0, 10**12), st.integers(1, 10**9))
    charges = st.builds(Charge, st.integers(1, 10**18), st.integers(1, 10**9))
    purposes = st.sampled_from([purpose for purpose in PURPOSES if purpose != CARRIED])
    return CycleBook(
        network="clearing.example/coalition-1",
        currency="EUR",
        minor_digits=draw(st.integers(0, 6)),
        cycle=draw(st.integers(1, 10**6)),
        first_document=draw(st.integers(1, 10**9)),
        label=draw(st.none() | st.from_regex(r"[!-~]([ -~]{0,38}[!-~])?", fullmatch=True)),
        closed_at=draw(st.integers(0, 10**12)),
        closed_at_us=draw(st.integers(0, 253_402_300_799_999_999)),
        names=NAMES,
        ranges=draw(st.dictionaries(st.integers(1, 64), st.tuples(st.integers(0, 9), st.integers(9, 99)))),
        obligations=draw(st.dictionaries(pairs, owed)),
        charges=draw(st.dictionaries(pairs, st.dictionaries(purposes, charges))),
        activity=draw(st.dictionaries(partners, st.builds(Activity, tallies, tallies, tallies, tallies))),
        value=draw(st.dictionaries(partners, st.builds(Activity, tallies, tallies, tallies, tallies))),
        opening=draw(positions),
        settled=draw(positions),
    )
