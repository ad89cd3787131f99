"""Checks every page with axe, in light and dark, from the width of a phone to that of a wall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from board.access.roles import Role
from tests.board.browser.served import ServedBoard, audited_board, served
from tests.board.views.alert_facts import SIGNAL_ID

FINDING_ID = "0efb843e82297461cac7cb05"

PAGES = {
    "overview": "overview", "alerts": "alerts", "signal": f"alert?id={SIGNAL_ID}",
    "finding": f"alert?id={FINDING_ID}", "rates": "rates", "over-time": "over-time",
    "subjects": "subjects", "subject": "subject?id=P-001", "since": "since", "trust": "trust",
    "audit": "audit", "missing": "subject?id=nobody",
}  # fmt: skip
"""The address of each page below that of the study."""

PLAIN = {"studies": "/", "login": "/login", "purpose": "/purpose"}
"""The pages beside those of a study."""

WIDTHS = (320, 768, 1920)
SCHEMES = ("light", "dark")

FOLDED = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
UNTITLED = """[...document.querySelectorAll('svg[role=img]')].filter((svg) => {
  const title = svg.querySelector('title');
  return !title || !title.textContent.trim();
}).map((svg) => svg.outerHTML.slice(0, 200))"""
UNMARKED = """[...document.querySelectorAll('svg')].filter((svg) =>
  svg.getAttribute('role') !== 'img' && svg.getAttribute('aria-hidden') !== 'true'
).map((svg) => svg.outerHTML.slice(0, 200))"""
WITHOUT_TABLE = """[...document.querySelectorAll('#view svg[role=img]')].filter((svg) => {
  const card = svg.closest('table, section, .card, form');
  const table = card && (card.matches('table') ? card : card.querySelector('table'));
  return !table && !svg.closest('.alert-card') && !document.querySelector('#view table.data');
}).map((svg) => svg.outerHTML.slice(0, 150))"""
REPEATED = "document.querySelectorAll('tbody tr:nth-child(n+13)').forEach((each) => each.remove())"
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
TOO_WIDE = """[...document.querySelectorAll('body *')].filter((each) => {
  const right = each.getBoundingClientRect().right;
  return right > innerWidth + 1 && !each.closest('.table-scroll, .menu ul, svg, .hidden');
}).slice(0, 5).map((each) => each.outerHTML.slice(0, 150))"""


@pytest.fixture(scope="module")
def site() -> Iterator[ServedBoard]:
    """A served board of ProDERM."""
    with served(audited_board()) as site:
        yield site


@pytest.fixture(scope="module")
def page(browser: Any, site: ServedBoard) -> Iterator[Any]:
    """A page of a member."""
    context = browser.new_context(reduced_motion="reduce")
    context.add_cookies([site.cookie(Role.BOARD)])
    yield context.new_page()
    context.close()


def address_of(site: ServedBoard, name: str) -> str:
    """The address of the page *name*."""
    return f"{site.address}{PLAIN[name]}" if name in PLAIN else f"{site.base}/{PAGES[name]}"


def open_page(page: Any, site: ServedBoard, name: str) -> None:
    """Open the page *name*, with everything unfolded that a reader can unfold."""
    answer = page.goto(address_of(site, name))
    assert answer.status == (404 if name == "missing" else 200)
    page.evaluate(FOLDED)


def too_wide(page: Any) -> list[str]:
    """What is wider than the window of a phone."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    return page.evaluate(TOO_WIDE) if page.evaluate(WIDTH) > WIDTHS[0] else []


def faults_of(page: Any, width: int, scheme: str) -> list[str]:
    """What axe finds at this width and scheme."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    return [
        f"{width} {scheme} {each['id']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:150]}"
        f" {each['nodes'][0].get('failureSummary', '')[:250]}"
        for each in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("name", [*PAGES, *PLAIN])
def test_axe_finds_nothing(page: Any, site: ServedBoard, name: str):
    """Nothing is violated on a phone and on a wall, and nothing makes a reader scroll sideways."""
    open_page(page, site, name)
    assert too_wide(page) == []
    page.evaluate(REPEATED)
    assert [*faults_of(page, WIDTHS[0], "light"), *faults_of(page, WIDTHS[-1], "dark")] == []


@pytest.mark.campaign
@pytest.mark.parametrize("name", [*PAGES, *PLAIN])
def test_axe_finds_nothing_at_any_width_and_scheme(page: Any, site: ServedBoard, name: str):
    """All widths, in light and dark."""
    open_page(page, site, name)
    page.evaluate(REPEATED)
    faults = [each for w in WIDTHS for s in SCHEMES for each in faults_of(page, w, s)]
    assert faults == []


def test_every_chart_has_a_title_and_its_numbers_in_reach(page: Any, site: ServedBoard):
    """A chart says what it shows; a table stands in the same card, and is reached by Tab."""
    drawn = 0
    for name in PAGES:
        open_page(page, site, name)
        assert page.evaluate(UNTITLED) == [] == page.evaluate(UNMARKED), name
        assert page.evaluate(WITHOUT_TABLE) == [], name
        drawn += page.locator("svg[role=img]").count()
    assert drawn > 50
