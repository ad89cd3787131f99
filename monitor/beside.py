"""What a layer above keeps of a study beside it: part of its state, which nothing here reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Beside(Protocol):
    """A companion of a study, such as the docket of its alerts."""

    def fields(self) -> Iterator[tuple[str, str]]:
        """What it adds to the digest of the state, as named values."""
        ...
