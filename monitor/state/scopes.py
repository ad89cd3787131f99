"""Scopes of first events by term, which leave no reference cycle behind."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar


class HasWatches(Protocol):
    """First events with the watches that are evaluated on them, which refer to them."""

    watches: tuple[Any, ...]


Scope = TypeVar("Scope", bound=HasWatches)


class ScopesByTerm(dict[int, list[Scope]]):
    """Separates first events from their watches when they are no longer needed.

    They refer to each other.  Only a cyclic collection would free them, and a worker, which
    reloads studies all day, collects too rarely.
    """

    def __del__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove all scopes."""
        for scopes in self.values():
            for scope in scopes:
                scope.watches = ()
        super().clear()
