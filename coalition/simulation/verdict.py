"""What is wrong when something is wrong."""


class ViolationError(Exception):
    """A law does not hold.

    `step`: the number of the step that brought it to light, if one did; `happened`: how many steps had happened by then;
    `chronicle`: what happened, in sentences, if that was kept.
    """

    def __init__(self, law: str, sentence: str, *, step: int | None = None) -> None:
        super().__init__(f"{law}: {sentence}")
        self.law = law
        self.sentence = sentence
        self.step = step
        self.happened = 0
        self.chronicle: list[str] = []
