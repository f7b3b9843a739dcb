"""Reads of partners, cycles, obligations and proposals."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.api.v1 import partners_pb2, settlement_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.strict import write_time
from coalition.wire.tariffs import spell_tariff, spell_tariff_proposal, tariff_proposal
from settlement.clearing.closing import not_closed
from settlement.clearing.netting import Figures
from settlement.clearing.obligations import OPEN_IN_SOME_SHARD, figures_of
from settlement.clearing.proposing import deferred_now, warnings_now
from settlement.clearing.warnings import compared_with
from settlement.errors import CoalitionError
from settlement.house.four_eyes import is_expired
from settlement.house.funding import living_fundings
from settlement.house.practice import network_now_us
from settlement.house.records import Cycle, Network
from settlement.house.state import House
from settlement.ledger import chart

_POSITION = "SELECT coalesce(sum(debits - credits), 0) FROM balances WHERE account = ANY(%s) AND asset = %s"
_OBLIGATIONS = """SELECT debtor, creditor, sum(amount), sum(count) FROM obligations
    WHERE cycle = %(cycle)s AND (%(party)s::text IS NULL OR %(party)s IN (debtor, creditor))
    GROUP BY debtor, creditor ORDER BY debtor, creditor"""
_ALGORITHMS = {
    "ed25519": partners_pb2.KEY_ALGORITHM_ED25519,
    "ecdsa-p256-sha256": partners_pb2.KEY_ALGORITHM_ECDSA_P256_SHA256,
}


async def list_partners(means: Means, admitted: Admitted) -> partners_pb2.ListPartnersResponse:
    """All partners with their keys: what the house's public entries say."""
    async with means.reading() as (_, house):
        response = partners_pb2.ListPartnersResponse()
        for partner in sorted(house.partners.values(), key=lambda partner: partner.partner_id):
            state = partners_pb2.PartnerState.Value(f"PARTNER_STATE_{partner.state.upper()}")
            shown = response.partners.add(
                partner_id=partner.partner_id, display_name=partner.name, state=state
            )
            for key in house.keys.values():
                if key.owner == partner.partner_id:
                    shown.keys.add(
                        keyid=key.keyid,
                        algorithm=_ALGORITHMS[key.algorithm],
                        purpose=partners_pb2.KeyPurpose.Value(f"KEY_PURPOSE_{key.purpose.upper()}"),
                        person=key.person,
                        added_at_entry=key.added_at,
                        revoked_at_entry=key.revoked_at,
                    )
    return response


async def list_fundings(means: Means, admitted: Admitted) -> partners_pb2.ListFundingsResponse:
    """The agreements that live, of which the caller is the issuer or the funder; the operator sees all."""
    caller, response = admitted.caller, partners_pb2.ListFundingsResponse()
    async with means.reading() as (_, house):
        for issuer, campaign in sorted(house.fundings):
            for each in living_fundings(house, issuer, campaign, network_now_us(house)):
                if caller.is_operator or caller.partner in (issuer, each.funder):
                    shown = response.fundings.add(
                        issuer=issuer,
                        campaign=campaign,
                        funder=each.funder,
                        share_basis_points=each.share_basis_points,
                        agreed_at_entry=each.agreed_at,
                    )
                    write_time(shown.valid_until, each.until_us)
    return response


async def get_tariff(means: Means, admitted: Admitted) -> partners_pb2.GetTariffResponse:
    """The tariff in force, the coming one, and those that another person may still approve."""
    async with means.reading() as (_, house):
        origin = house.founded.origin
        response = partners_pb2.GetTariffResponse(
            in_force=spell_tariff(house.tariff), in_force_entry=house.tariff_number
        )
        now_us = network_now_us(house)
        write_time(response.now, now_us)
        if house.coming is not None:
            response.coming.CopyFrom(tariff_proposal(origin, house.coming.tariff, house.coming.from_us))
        for proposal in house.tariff_proposals.values():
            if not proposal.approved and not is_expired(proposal.proposed_at_us, now_us):
                exact = spell_tariff_proposal(origin, proposal.tariff, proposal.from_us)
                waiting = response.waiting.add(proposal=exact, proposer=proposal.proposer)
                write_time(waiting.proposed_at, proposal.proposed_at_us)
    return response


async def get_position(means: Means, admitted: Admitted) -> settlement_pb2.GetPositionResponse:
    """What the caller owes at this moment; the operator with what it holds for all."""
    async with means.reading() as (connection, house):
        currency = house.founded.currency
        accounts = chart.accounts_of(admitted.caller.partner, operator=house.operator)
        cursor = await connection.execute(_POSITION, (accounts, currency))
        row = await cursor.fetchone()
    return settlement_pb2.GetPositionResponse(
        currency=currency, position_micros=str(int(row[0]) if row else 0)
    )


async def list_cycles(means: Means, admitted: Admitted) -> settlement_pb2.ListCyclesResponse:
    """All cycles, oldest first."""
    async with means.reading() as (connection, house):
        row = await (await connection.execute(OPEN_IN_SOME_SHARD)).fetchone()
    cut = row[0] if row is not None else 1
    response = settlement_pb2.ListCyclesResponse()
    for cycle in house.cycles.values():
        response.cycles.add(
            cycle=cycle.number,
            state=_state(house, cycle, cut),
            label=cycle.label,
            closed_at_entry=cycle.closed_at,
            settlement=cycle.settlement,
        )
    return response


def _state(house: House, cycle: Cycle, cut: int) -> settlement_pb2.CycleState.ValueType:
    if cycle.closed_at is None:
        return settlement_pb2.CYCLE_STATE_OPEN
    if cut <= cycle.number:
        return settlement_pb2.CYCLE_STATE_CUTTING
    if cycle.settlement is None:
        return settlement_pb2.CYCLE_STATE_CLOSED
    settled = house.settlements[cycle.settlement].settled
    return settlement_pb2.CYCLE_STATE_SETTLED if settled else settlement_pb2.CYCLE_STATE_IN_SETTLEMENT


async def list_obligations(means: Means, admitted: Admitted) -> settlement_pb2.ListObligationsResponse:
    """A cycle's obligations as they accrued."""
    async with means.reading() as (connection, house):
        _known_cycle(house, admitted.message.cycle)
        party = None if admitted.caller.is_operator else admitted.caller.partner
        cursor = await connection.execute(_OBLIGATIONS, {"cycle": admitted.message.cycle, "party": party})
        response = settlement_pb2.ListObligationsResponse(currency=house.founded.currency)
        for debtor, creditor, amount, count in await cursor.fetchall():
            response.obligations.add(
                debtor=debtor, creditor=creditor, amount_micros=str(int(amount)), count=int(count)
            )
    return response


def _known_cycle(house: House, cycle: int) -> None:
    if cycle not in house.cycles:
        raise CoalitionError("CYCLE_NOT_FOUND", f"there is no cycle {cycle} yet", field="cycle")


async def preview(means: Means, admitted: Admitted) -> settlement_pb2.PreviewResponse:
    """The proposal that a closed cycle's figures make."""
    cycle = admitted.message.cycle
    async with means.reading() as (connection, house):
        _known_cycle(house, cycle)
        figures = {cycle: await _closed_figures(connection, house, cycle)}
        for number in compared_with(cycle) if house.tariff.swing_warning_basis_points else ():
            figures[number] = await _closed_figures(connection, house, number)
    warnings, deferred = warnings_now(house, figures, cycle), deferred_now(house, figures, cycle)
    proposal = proposal_of(house.founded, cycle, figures[cycle], warnings, deferred)
    return settlement_pb2.PreviewResponse(proposal=proposal.SerializeToString(deterministic=True))


async def _closed_figures(connection: AsyncConnection[TupleRow], house: House, cycle: int) -> Figures:
    figures = await figures_of(connection, house, cycle)
    if figures is None:
        raise not_closed(house, cycle)
    return figures


def proposal_of(
    network: Network, cycle: int, figures: Figures, warnings: tuple[str, ...], deferred: tuple[str, ...]
) -> settlement_pb2.Proposal:
    """The proposal of these figures, with these warnings; `deferred`: whose nets are too small to be paid."""
    proposal = settlement_pb2.Proposal(
        audience=network.origin,
        cycle=cycle,
        currency=network.currency,
        gross_minor=figures.gross,
        bilateral_minor=figures.bilateral,
        multilateral_minor=figures.multilateral,
        warnings=warnings,
        deferred=deferred,
    )
    for participant, amount in figures.nets.items():
        proposal.nets.add(participant=participant, net_minor=amount)
    return proposal
