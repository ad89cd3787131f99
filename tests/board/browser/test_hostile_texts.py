"""Shows a hundred hostile terms in a browser: none becomes markup, code or a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from board.access.roles import Role
from board.views.table import FORMULA_STARTS
from tests.board.browser.hostile import TERMS, alert_ids, hostile_facts, view_body
from tests.board.browser.served import ServedBoard, audited_board, served

WATCH = """window.reports = [];
document.addEventListener('securitypolicyviolation', (report) => {
  window.reports.push(`${report.violatedDirective} ${report.blockedURI} ${report.sample}`);
});"""
FOREIGN = """() => ({
  reports: window.reports, hostile: window.hostile || 0,
  scripts: [...document.querySelectorAll('script')].filter((each) =>
    each.textContent.trim() || !each.getAttribute('src').startsWith('/static/')).length,
  handlers: [...document.querySelectorAll('*')].filter((each) =>
    [...each.attributes].some(({ name }) => /^on/i.test(name) || name === 'style')).length,
  addresses: [...document.querySelectorAll('[href], [src], [action]')].map((each) =>
    (each.href && each.href.baseVal) || each.href || each.src || each.action).filter((each) =>
    typeof each === 'string' && !each.startsWith(location.origin)),
  embedded: document.querySelectorAll('#view img, #view iframe, #view style, #view object').length,
})"""
HARMLESS = {
    "reports": [],
    "hostile": 0,
    "scripts": 0,
    "handlers": 0,
    "addresses": [],
    "embedded": 0,
}


def arguments_of(view: str) -> list[dict[str, str]]:
    """Arguments with which the page of *view* shows hostile texts."""
    return {
        "alert": [{"id": each} for each in (alert_ids()[0], alert_ids()[-1])],
        "subject": [{"id": each} for each in sorted(hostile_facts().study.subjects)[:2]],
        "over-time": [{"kind": "preferred_term", "term": each} for each in TERMS[:4]],
    }.get(view, [{}])


VIEWS = (
    "overview", "alerts", "alert", "rates", "over-time", "subjects", "subject", "since", "trust",
)  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[ServedBoard]:
    """A served board of the hostile trial."""
    with served(audited_board()) as site:
        yield site


@pytest.fixture(scope="module")
def page(browser: Any, site: ServedBoard) -> Iterator[Any]:
    """A page that notes what its policy refuses."""
    context = browser.new_context()
    context.add_cookies([site.cookie(Role.BOARD, purpose=TERMS[0])])
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("view", VIEWS)
def test_no_term_becomes_markup_or_code(page: Any, site: ServedBoard, view: str):
    """Each page has the scripts of the product only, and its policy has refused nothing."""
    for arguments in arguments_of(view):
        site.change(**{view: view_body(view, **arguments)})
        page.goto(f"{site.base}/{view}")
        page.locator('#live[data-state="live"]').wait_for()
        assert page.evaluate(FOREIGN) == HARMLESS


def test_the_terms_are_shown_as_they_are(page: Any, site: ServedBoard):
    """A reader sees the text itself, its angle brackets included."""
    site.change(rates=view_body("rates", all="yes"))
    page.goto(f"{site.base}/rates")
    shown = page.evaluate("document.getElementById('view').textContent")
    assert [each for each in TERMS if " ".join(each.split()) not in " ".join(shown.split())] == []


def test_a_live_swap_keeps_the_terms_text(page: Any, site: ServedBoard):
    """What the stream brings is as harmless as what the page came with."""
    site.change(alerts=view_body("alerts", state="closed"))
    page.goto(f"{site.base}/alerts")
    page.locator('#live[data-state="live"]').wait_for()
    site.change(alerts=view_body("alerts"))
    page.locator("#view [data-alert]").first.wait_for()
    assert page.evaluate(FOREIGN) == HARMLESS


def test_the_audit_page_shows_a_hostile_purpose_as_text(page: Any, site: ServedBoard):
    """The purpose is a text that a reader types."""
    page.goto(f"{site.base}/audit")
    assert TERMS[0] in page.inner_text("#view")
    assert page.evaluate(FOREIGN) == HARMLESS


@pytest.mark.parametrize("view", VIEWS)
def test_no_cell_of_a_file_is_a_formula(page: Any, site: ServedBoard, view: str):
    """Numbers may begin with a minus; a text may not."""
    body = view_body(view, **arguments_of(view)[0])
    site.change(**{view: body})
    for table in body["tables"]:
        answer = page.request.get(f"{site.base}/{view}/{table['name']}.csv")
        assert answer.status == 200 and "attachment" in answer.headers["content-disposition"]
        for row in csv.reader(StringIO(answer.text())):
            assert [each for each in row if is_formula(each)] == []


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell."""
    try:
        float(cell)
    except ValueError:
        return cell.startswith(FORMULA_STARTS)
    return False
