"""Codes and chains as a member's app makes them."""

import pytest

from coalition.client.member_proofs import CodeChain, new_chain, read_code, spell_code
from settlement.ledger.acts import Code
from settlement.ledger.consent import leads_to


def test_each_code_leads_to_the_one_before_and_the_first_to_the_anchor() -> None:
    chain = new_chain(12)
    before = chain.anchor
    for number in range(1, 13):
        assert leads_to(chain.code(number), before)
        assert not leads_to(before, chain.code(number))
        before = chain.code(number)
    assert chain.code(12) == chain.seed
    assert new_chain(12).anchor != chain.anchor


def test_a_chain_is_the_one_that_the_page_describes() -> None:
    chain = CodeChain(bytes(16), 2)
    assert spell_code(chain.seed) == "a" * 26
    # printf 'coalition-member-code/v1\n' > c; head -c 16 /dev/zero >> c; sha256sum c | head -c 32
    assert chain.code(1).hex() == "42e0ae2be128b4a43f9621a0547578aa"


@pytest.mark.parametrize("number", [0, -1, 13])
def test_there_is_no_code_beyond_the_chain(number: int) -> None:
    with pytest.raises(ValueError, match="codes 1 to 12"):
        new_chain(12).code(number)


def test_a_code_is_read_as_it_is_spelled() -> None:
    code = new_chain().code(1)
    assert read_code(spell_code(code)) == read_code(spell_code(code).upper()) == Code(code)


@pytest.mark.parametrize("text", ["", "a" * 25, "a" * 27, "1" * 26, "a" * 25 + "b", "é" * 26, "=" * 26])
def test_anything_else_is_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="26 letters"):
        read_code(text)
