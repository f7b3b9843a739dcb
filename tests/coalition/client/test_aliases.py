"""The laws that make one person one member: one spelling per alias, and nothing thrown away to get there."""

import hmac
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.client import ClientError, alias_token
from coalition.client.aliases import normalise_alias

KEY = bytes(range(32))
KINDS = ("card", "phone", "app", "email")


@pytest.mark.parametrize(
    ("kind", "spelling", "normal"),
    [
        ("card", " 4000 1234-5678 ", "400012345678"),
        ("card", "4000\u00a01234\u20115678", "400012345678"),
        ("card", "００４２", "0042"),
        ("card", "٤٠٠٠", "4000"),
        ("phone", "+49 (0)30 / 1234-56", "+4930123456"),
        ("phone", "0049 30 123456", "+4930123456"),
        ("phone", "+1 (212) 555.0100", "+12125550100"),
        ("app", "  aB-9 ", "aB-9"),
        ("email", " Ann.Smith@Example.ORG", "ann.smith@example.org"),
        ("email", "STRAẞE@example.org", "strasse@example.org"),
    ],
)
def test_spellings_of_one_alias_agree(kind: str, spelling: str, normal: str) -> None:
    assert normalise_alias(kind, spelling) == normal


@pytest.mark.parametrize(
    ("kind", "spelling"),
    [
        ("card", ""),
        ("card", " - "),
        ("card", "AB1234"),
        ("card", "+4000"),
        ("phone", "030 123456"),
        ("phone", "+"),
        ("phone", "+49 30 12x"),
        ("phone", "+1234567890123456"),
        ("phone", "++49"),
        ("app", "  "),
        ("app", "a\x00b"),
        ("email", "ann"),
        ("email", "@example.org"),
        ("email", "ann@"),
        ("email", "ann smith@example.org"),
        ("loyalty", "1"),
    ],
)
def test_what_is_not_understood_is_refused_without_quoting_it(kind: str, spelling: str) -> None:
    with pytest.raises(ClientError) as caught:
        normalise_alias(kind, spelling)
    assert (caught.value.reason, caught.value.field) == ("ALIAS_INVALID", "alias")
    assert len(spelling) < 3 or spelling not in str(caught.value)


@given(st.sampled_from(KINDS), st.text() | st.from_regex(r"[+0-9 ()-]{1,20}") | st.from_regex(r"\S+@\S+"))
def test_normalising_twice_changes_nothing(kind: str, spelling: str) -> None:
    try:
        once = normalise_alias(kind, spelling)
    except ClientError:
        return
    assert normalise_alias(kind, once) == once


@given(st.text(alphabet="0123456789", min_size=1, max_size=15), st.data())
def test_separators_and_full_width_digits_do_not_matter(digits: str, data: st.DataObject) -> None:
    separators = st.sampled_from(["", " ", "-", "  ", "\u2009", ".", "/"])
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    written = "".join(digit + data.draw(separators) for digit in digits.translate(wide))
    assert normalise_alias("card", written) == digits
    if not digits.startswith("0"):
        assert (
            normalise_alias("phone", "+" + written)
            == normalise_alias("phone", "00" + written)
            == "+" + digits
        )


@given(st.lists(st.text(alphabet="0123456789", min_size=1, max_size=15), min_size=2, max_size=2, unique=True))
def test_different_digits_stay_different(cards: list[str]) -> None:
    assert normalise_alias("card", cards[0]) != normalise_alias("card", cards[1])


@given(st.from_regex(r"[a-zäöüß]{1,8}@[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True))
def test_case_and_composition_of_an_email_do_not_matter(address: str) -> None:
    normal = normalise_alias("email", address)
    assert normalise_alias("email", address.upper()) == normal
    assert normalise_alias("email", unicodedata.normalize("NFD", address)) == normal


def test_the_token_is_the_documented_hmac() -> None:
    expected = hmac.new(KEY, b"card\n400012345678", "sha256").digest()
    assert alias_token(KEY, "card", "4000 1234 5678") == expected


@given(st.text(alphabet="123456789", min_size=1, max_size=15))
def test_kind_and_key_separate_tokens(digits: str) -> None:
    tokens = {
        alias_token(KEY, "card", digits),
        alias_token(KEY, "app", digits),
        alias_token(bytes(32), "card", digits),
    }
    assert len(tokens) == 3
