"""Renders one page of a log to a file, to look at: ``python -m tests.board.preview``.

Arguments: LOG VIEW OUT.html [name=value ...] [study=NAME].
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from board.follower.from_log import facts_from_log
from board.views.catalogue import VIEWS
from board.views.facts import StudyFacts
from board.web.render import STATIC_ADDRESS, render_page
from board.web.shell import MenuItem, Shell
from tests.paths import ROOT


def shell_of(facts: StudyFacts, current: str, badges: Mapping[str, int] | None = None) -> Shell:
    """A made-up shell: a member's, with the whole menu."""
    base = f"/studies/{facts.study.name}"
    waiting = badges or {}
    return Shell(
        title=facts.study.name,
        base=base,
        current=current,
        user="a.member",
        role="board member",
        token="token",
        menu=[
            MenuItem(
                name=entry.name,
                label=entry.label,
                address=f"{base}/{entry.name}",
                badge=waiting.get(entry.name, 0),
            )
            for entry in VIEWS.values()
            if entry.menu
        ],
        completeness=facts.completeness,
    )


def page_of(facts: StudyFacts, view: str, arguments: Mapping[str, str] | None = None) -> str:
    """The page *view* of *facts*, as the web process renders it."""
    entry = VIEWS[view]
    return render_page(entry, entry.build(facts, arguments or {}), shell_of(facts, view))


def main(log: str, view: str, out: str, *pairs: str) -> None:
    """Write the page *view* of the study in *log* to *out*, with style sheets that work there."""
    arguments = dict(pair.split("=", 1) for pair in pairs)
    study = arguments.pop("study", None)
    with Path(log).open("rb") as lines:
        found = [one for one in facts_from_log(lines) if study in (None, one.study.name)]
    folder = (ROOT / "board/web/static").as_uri()
    page = page_of(found[0], view, arguments).replace(f'"{STATIC_ADDRESS}/', f'"{folder}/')
    Path(out).write_text(page)


if __name__ == "__main__":
    main(*sys.argv[1:])
