"""What surrounds a page's view: study, user, menu and how complete the view is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.views.facts import Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """A link of the menu; *badge* counts what waits behind it, 0 for none."""

    name: str
    label: str
    address: str
    badge: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The surroundings of a view for one user.

    *version* is that of the study in the view.  *token* is the form's token against forged
    requests; *nonce* names what one form sends, so that a double click is one move.  *base* is the
    address of the study, without a slash at its end: ``{base}/{view}``.  *current* is the name of
    the view.
    """

    title: str
    base: str
    current: str
    user: str
    role: str
    token: str
    menu: Sequence[MenuItem]
    completeness: Completeness
    nonce: str = ""
    version: int = 0
