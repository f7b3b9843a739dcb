"""From a long story that breaks a law to a short one that breaks the same law (delta debugging, Zeller 1999)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from coalition.simulation.kinds import ON_POINTS
from coalition.simulation.run import live
from coalition.simulation.story import Step, Story
from coalition.simulation.verdict import ViolationError

Told = Callable[[int], None]


def shrink(
    story: Story, violation: ViolationError, *, seconds: float, told: Told | None = None
) -> tuple[Story, ViolationError]:
    """The shortest story found in the time given, and how it ends. `told` hears of each shorter length."""
    shrinker = _Shrinker(story, violation, time.monotonic() + seconds, told)
    shrinker.run()
    return shrinker.best, shrinker.ends


@dataclass
class _Shrinker:
    best: Story
    ends: ViolationError
    deadline: float
    told: Told | None

    def run(self) -> None:
        """Cuts off the end, keeps what concerns the breaking step, then drops ever smaller parts."""
        self._try(self.best.steps[: self.ends.happened])
        self._try(_about(self.best.steps, self.ends.step))
        size = len(self.best.steps)
        while size > 1 and not self._is_late():
            size = (size + 1) // 2
            while self._drop(size) and size == 1:
                pass

    def _drop(self, size: int) -> bool:
        """Tries to do without each part of so many steps, the last ones first; says whether any could be dropped."""
        before = len(self.best.steps)
        for start in reversed(range(0, before, size)):
            steps = self.best.steps
            if start < len(steps):
                self._try(steps[:start] + steps[start + size :])
        return len(self.best.steps) < before

    def _try(self, steps: Sequence[Step]) -> None:
        if self._is_late() or not 0 < len(steps) < len(self.best.steps):
            return
        again = _ends_as(replace(self.best, steps=tuple(steps)), self.ends.law)
        if again is not None:
            self.best, self.ends = replace(self.best, steps=tuple(steps[: again.happened])), again
            if self.told is not None:
                self.told(len(self.best.steps))

    def _is_late(self) -> bool:
        return time.monotonic() > self.deadline


def _ends_as(story: Story, law: str) -> ViolationError | None:
    try:
        live(story)
    except ViolationError as violation:
        return violation if violation.law == law else None
    return None


def _about(steps: Sequence[Step], number: int | None) -> tuple[Step, ...]:
    """What concerns the member of the step that broke the law, and whatever is not about a member at all."""
    breaking = next((step for step in steps if step.number == number), None)
    if breaking is None:
        return tuple(steps)
    concerned = {breaking.member, breaking.other}
    return tuple(
        [
            step
            for step in steps
            if step.kind not in ON_POINTS
            or step.number in concerned
            or {step.member, step.other} & concerned
            or step is breaking
        ]
    )
