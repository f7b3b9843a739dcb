"""The model's door: each entry in the order in which it was committed."""

from collections.abc import Callable, Sequence

from coalition.simulation.model.answering import answer_to
from coalition.simulation.model.banking import Banking
from coalition.simulation.model.breaks import Breaks
from coalition.simulation.model.cycles import Cycles
from coalition.simulation.model.defaults import Defaults
from coalition.simulation.model.facts import Facts
from coalition.simulation.model.fundings import Fundings
from coalition.simulation.model.holds import Holds
from coalition.simulation.model.keys import Keys
from coalition.simulation.model.openings import Openings, PartName
from coalition.simulation.model.partners import Partners
from coalition.simulation.model.points import Points
from coalition.simulation.model.prices import Prices
from coalition.simulation.model.proofs import Proofs
from coalition.simulation.model.questions import Questions
from coalition.simulation.model.roles import check_asker
from coalition.simulation.model.securities import Securities
from coalition.simulation.model.settlements import Settlements
from coalition.simulation.model.statements import Statements
from coalition.simulation.model.tariffs import Tariffs
from coalition.simulation.model.terms import (
    HOUSE,
    MICROS_PER_UNIT,
    Asked,
    FoundingKey,
    Judgement,
    Line,
    ModelError,
    Place,
    Post,
)
from coalition.simulation.model.transfers import Transfers
from coalition.simulation.model.waiting import funders_told, see_to
from settlement.house.tariff import Tariff


class Model(Questions):
    """Says what every entry must be, and takes it into account. A ModelError leaves all as it was."""

    def __init__(
        self,
        *,
        audience: str,
        operator: str,
        model: str,
        currency: str,
        minor_digits: int,
        shards: int,
        tariff: Tariff,
        keys: Sequence[FoundingKey],
        founded_at_us: int = 0,
    ) -> None:
        """The network as its founding entry, house entry 0, says."""
        partners = Partners(operator)
        fundings = Fundings(partners)
        points = Points(Prices(model, currency, MICROS_PER_UNIT // 10**minor_digits), fundings)
        tariffs = Tariffs(model, tariff, founded_at_us)
        cycles = Cycles(operator=operator, shards=shards, minor_digits=minor_digits)
        settlements = Settlements(cycles, Securities(partners, currency, cycles.unit), tariffs, currency)
        banking = Banking(partners, settlements, audience, operator, (currency, minor_digits))
        self._facts = Facts(
            currency=currency,
            partners=partners,
            fundings=fundings,
            tariffs=tariffs,
            keys=Keys(keys, partners),
            points=points,
            holds=Holds(points),
            proofs=Proofs(audience, operator, points),
            transfers=Transfers(points),
            cycles=cycles,
            settlements=settlements,
            defaults=Defaults(settlements, cycles, tariffs, operator=operator, currency=currency),
            statements=Statements(cycles, settlements),
            banking=banking,
            breaks=Breaks(banking, settlements, partners, (currency, minor_digits)),
            openings=Openings(partners, points),
            last=_when_founded(shards),
        )

    def found_for_practice(self) -> None:
        """The founding entry also says that the network is for practice."""
        self._facts.practice.founded = True

    def judge(self, place: Place, asked: Asked) -> Judgement:
        """What the entry of an act at this place must say. ModelError: no entry for this act is allowed here."""
        facts = self._facts
        facts.check_place(place)
        signer = check_asker(facts, place, asked)
        self._check_cut(place)
        answer = answer_to(facts, place, asked, signer)
        facts.last[place.shard] = facts.answers[asked.partner, asked.act_id] = place
        facts.accounts.book(answer.posts)
        facts.take_posts(place, answer.posts)
        return Judgement(answer.refusal, answer.lines(), answer.member, answer.balance_after)

    def cut(self, place: Place) -> tuple[Line, ...]:
        """The lines of the one `cut` that is due here, but for `request`. ModelError NO_CUT_DUE."""
        self._facts.check_place(place)
        lines = self._facts.cycles.cut(place)
        self._facts.last[place.shard] = place
        return lines

    def lapse(self, place: Place, original: str) -> tuple[Line, ...]:
        """The lines, but for `request`, of the entry by which a hold lapses. ModelError NO_LAPSE_DUE, CUT_MISSING."""
        self._check_turn(place)
        facts = self._facts
        answer = facts.holds.lapse(place, original, facts.tariffs.at(place.house))
        facts.tell(place, [facts.holds.by_place[original].partner])
        return self._unasked(place, answer.lines_of_engine(), answer.posts)

    def arrive(self, place: Place, original: str) -> tuple[Line, ...]:
        """The lines of the entry by which a transfer arrives from another shard. ModelError NO_ARRIVAL_DUE, CUT_MISSING."""
        self._check_turn(place)
        tariff = self._facts.tariffs.at(place.house)
        return self._unasked(place, *self._facts.transfers.arrive(place, original, tariff))

    def see_to(self, place: Place, kind: str, member: str) -> tuple[Line, ...]:
        """The lines of the one entry of this kind that may be here for this member. ModelError NOTHING_DUE, CUT_MISSING."""
        self._check_turn(place)
        facts = self._facts
        answer = see_to(facts.points, place, kind, member, facts.tariffs.at(place.house))
        facts.tell(place, funders_told(answer))
        facts.seen_to += 1
        return self._unasked(place, answer.lines_of_engine(), answer.posts)

    def _check_turn(self, place: Place) -> None:
        self._facts.check_place(place)
        self._check_cut(place)

    def _unasked(self, place: Place, lines: Sequence[Line], posts: list[Post]) -> tuple[Line, ...]:
        """Takes an entry about a member into account that nobody asked for."""
        facts = self._facts
        facts.last[place.shard] = place
        facts.accounts.book(posts)
        facts.take_posts(place, posts)
        return tuple(lines)

    def load_opening(self, place: Place, name: PartName, joined: Sequence[str]) -> tuple[Line, ...]:
        """The lines of the entry that loads a part of an opening here. ModelError OPENING_NOT_DUE, CUT_MISSING.

        `joined`: the ids that were drawn for whoever is new.
        """
        self._check_turn(place)
        tariff = self._facts.tariffs.at(place.house)
        return self._unasked(place, *self._facts.openings.load(place, name, joined, tariff))

    def heads(self, place: Place) -> None:
        """The house stated its shards' roots."""
        self._facts.check_place(place)
        if place.shard != HOUSE:
            raise ModelError("OUT_OF_PLACE", "only the house has entries of kind heads")
        self._facts.last[HOUSE] = place
        self._facts.heads += 1

    def close_by_calendar(self, place: Place) -> tuple[Line, ...]:
        """The lines, but for `request`, of the entry by which a cycle closes by itself. ModelError NO_CLOSE_DUE."""
        return self._by_itself(
            place, lambda: self._facts.cycles.close_by_calendar(place, self._facts.tariffs)
        )

    def overdue(self, place: Place, number: int, participant: str) -> tuple[Line, ...]:
        """The lines, but for `request`, of the entry that says a leg to be overdue. ModelError NOT_OVERDUE."""
        lines = self._by_itself(place, lambda: self._facts.settlements.overdue(place, number, participant))
        self._facts.tell(place, [participant])
        return lines

    def start_tariff(self, place: Place) -> tuple[Line, ...]:
        """The lines of the entry that puts a tariff in force, but for `request`. ModelError NO_TARIFF_DUE."""
        return self._by_itself(place, lambda: self._facts.tariffs.start(place))

    def forward(self, place: Place, days: int) -> tuple[Line, ...]:
        """The lines, but for `request`, of the entry that sets a clock for practice ahead. ModelError NO_PRACTICE, NOT_AHEAD."""
        return self._by_itself(place, lambda: self._facts.practice.forward(place, days))

    def _by_itself(self, place: Place, due: Callable[[], tuple[Line, ...]]) -> tuple[Line, ...]:
        self._facts.check_place(place)
        if place.shard != HOUSE:
            raise ModelError("OUT_OF_PLACE", "only the house has such entries")
        lines = due()
        self._facts.last[HOUSE] = place
        self._facts.by_itself += 1
        return lines

    def name_statements(self, place: Place, documents: Sequence[str]) -> tuple[Line, ...]:
        """The lines of the entry that names statements, but for `request`. ModelError NO_STATEMENTS_DUE."""
        self._facts.check_place(place)
        if place.shard != HOUSE:
            raise ModelError("OUT_OF_PLACE", "only the house names statements")
        lines = self._facts.statements.name(documents)
        self._facts.last[HOUSE] = place
        return lines

    def _check_cut(self, place: Place) -> None:
        if place.shard != HOUSE and self._facts.cycles.is_cut_due(place.shard, place.house):
            raise ModelError("CUT_MISSING", f"shard {place.shard} must cut a closed cycle first")


def _when_founded(shards: int) -> dict[int, Place]:
    """The newest entry of each shard: the house has its first, the others have none."""
    return {shard: Place(shard, 0 if shard == HOUSE else -1, 0, 0) for shard in range(HOUSE, shards + 1)}
