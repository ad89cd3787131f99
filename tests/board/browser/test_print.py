"""Checks what is printed: as-of date, plan and digest on each page, and nothing to press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from board.web.render import STATIC_ADDRESS
from tests.board.preview import page_of
from tests.board.views.alert_facts import SIGNAL_ID, proderm_facts
from tests.paths import ROOT

VIEWS = ("overview", "alerts", "alert", "rates", "over-time", "subjects", "since", "trust")
NOT_PRINTED = ".menu, .skip, .user, .movebar, .chips, .files, #pause"

SHOWN = """(selector) => [...document.querySelectorAll(selector)]
  .filter((each) => each.getClientRects().length).map((each) => each.outerHTML.slice(0, 80))"""

GRIDS_THAT_BREAK = """() => [...document.querySelectorAll("#view .table-scroll")].filter(each => {
  for (let up = each.parentElement; up && up.id !== "main"; up = up.parentElement)
    if (getComputedStyle(up).display === "grid" && !up.matches(".columns, .columns *")) return true;
  return false;
}).length"""
"""Tables in a grid: where such a table breaks, Chromium prints what follows over it."""


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page that is printed by a reader who likes it dark."""
    page = browser.new_page(color_scheme="dark")
    page.emulate_media(media="print")
    yield page
    page.close()


@pytest.mark.parametrize("view", VIEWS)
def test_a_printed_page_says_what_it_is_complete_to(page: Any, tmp_path: Path, view: str):
    """The footer is that of a table, which browsers print on each page."""
    facts, folder = proderm_facts(), (ROOT / "board/web/static").as_uri()
    html = page_of(facts, view, {"id": SIGNAL_ID} if view == "alert" else {})
    file = tmp_path / f"{view}.html"
    file.write_text(html.replace(f'"{STATIC_ADDRESS}/', f'"{folder}/'))
    page.goto(file.as_uri())

    style = page.evaluate(
        """() => { const own = getComputedStyle(document.querySelector("footer.bottom"));
        return [getComputedStyle(document.body).display, own.display, own.breakInside]; }"""
    )
    assert style == ["table", "table-footer-group", "avoid"]
    footer = page.locator("footer.bottom").inner_text()
    complete = facts.completeness
    assert complete.as_of is not None
    assert complete.as_of in footer
    assert complete.plan_sha256 in footer and complete.digest in footer
    assert page.evaluate(SHOWN, NOT_PRINTED) == []
    assert page.evaluate(GRIDS_THAT_BREAK) == 0
