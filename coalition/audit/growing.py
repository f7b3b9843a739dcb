"""A column that grows at its end."""

from typing import Any

import numpy as np
import numpy.typing as npt


class Growing:
    """`values`: what was added so far. Rows of `width` values, or single ones."""

    def __init__(self, kind: npt.DTypeLike, width: int | None = None) -> None:
        shape = (1_024,) if width is None else (1_024, width)
        self._space: npt.NDArray[Any] = np.zeros(shape, kind)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> npt.NDArray[Any]:
        """As an array that later additions may or may not show in."""
        return self._space[: self._size]

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Adds values at the end."""
        size = self._size + len(values)
        if size > len(self._space):
            space = np.zeros((max(size, 2 * len(self._space)), *self._space.shape[1:]), self._space.dtype)
            space[: self._size] = self.values
            self._space = space
        self._space[self._size : size] = values
        self._size = size
