"""Lets the view change under a reader: focus, typed text and the signed revision stay."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from board.access.roles import Role
from tests.board.browser.served import ServedBoard, audited_board, served
from tests.board.views.alert_facts import SIGNAL_ID
from tests.board.web.facts_client import view_json

REASON = "textarea[name=reason]"
SIGNED = ".movebar input[name=alert]"
KEEP = """window.kept = document.activeElement;
window.top0 = window.scrollY; window.address = document.activeElement.href"""
IS_KEPT = """document.activeElement === window.kept && window.kept.isConnected
&& window.kept.href === window.address"""


@pytest.fixture(scope="module")
def site() -> Iterator[ServedBoard]:
    """A served board of ProDERM."""
    with served(audited_board()) as site:
        yield site


@pytest.fixture
def page(browser: Any, site: ServedBoard) -> Iterator[Any]:
    """The page of an alert that waits for a decision."""
    site.change(alert=alert_body("The first sentence."))
    context = browser.new_context(viewport={"width": 1280, "height": 700})
    context.set_default_timeout(20_000)
    context.add_cookies([site.cookie(Role.BOARD)])
    page = context.new_page()
    page.goto(f"{site.base}/alert?id={SIGNAL_ID}")
    page.locator('#live[data-state="live"]').wait_for()
    yield page
    context.close()


def alert_body(sentence: str, revision: int | None = None, more_rows: int = 0) -> dict[str, Any]:
    """The view of the alert with another *sentence*, *revision* and *more_rows* in its listing."""
    body = deepcopy(view_json("alert", (("id", SIGNAL_ID),)))
    body["sentence"] = sentence
    if revision is not None:
        body["revision"] = body["bar"]["revision"] = revision
    rows = body["evidence"]["listing"]["rows"]
    rows[:0] = [rows[0] | {"subject": f"NEW-{number}"} for number in range(more_rows)]
    return body


def wait_sentence(page: Any, sentence: str) -> None:
    """Wait until the view has been swapped."""
    page.locator("h1", has_text=sentence).wait_for()


@pytest.mark.parametrize(
    "selector",
    ["#view .crumbs a", "#view details > summary", ".listing tbody tr:last-child th a",
     ".table-scroll", "button[value=acknowledge]"],
)  # fmt: skip
def test_a_swap_leaves_the_focus_where_it_is(page: Any, site: ServedBoard, selector: str):
    """Link, summary, scrolled table and button: the same element has the focus after the swap."""
    page.locator(selector).first.focus()
    page.evaluate(KEEP)
    site.change(alert=alert_body("Another sentence.", more_rows=2))
    wait_sentence(page, "Another sentence.")
    assert page.locator(".listing", has_text="NEW-1").count() == 1
    assert page.evaluate(IS_KEPT)
    assert abs(page.evaluate("window.scrollY - window.top0")) < 2


def test_a_swap_leaves_open_what_the_reader_has_opened(page: Any, site: ServedBoard):
    """A table that was unfolded stays so."""
    page.locator("#view details > summary").first.click()
    site.change(alert=alert_body("Another sentence."))
    wait_sentence(page, "Another sentence.")
    assert page.locator("#view details").first.evaluate("(each) => each.open")


def test_typed_text_and_the_signed_revision_stay(page: Any, site: ServedBoard):
    """While a reason is typed nothing is swapped; the reader is told, and may clear the text."""
    signed = page.input_value(SIGNED)
    page.fill(REASON, "Half a reas")
    page.evaluate(KEEP)
    site.change(alert=alert_body("Another sentence.", revision=9))
    page.locator("#polite", has_text="changed").wait_for()
    page.keyboard.type("on")
    for _ in range(3):
        site.change(alert=alert_body("A third sentence.", revision=10))
        page.wait_for_timeout(500)
    assert page.input_value(REASON) == "Half a reason"
    assert page.input_value(SIGNED) == signed and page.evaluate(IS_KEPT)
    assert "The first sentence." in page.inner_text("h1")
    assert page.locator("#live").get_attribute("data-state") != "live"

    page.fill(REASON, "")
    page.locator("h1").click()
    wait_sentence(page, "A third sentence.")
    assert page.input_value(SIGNED) != signed


def test_an_empty_field_in_use_is_not_swapped_either(page: Any, site: ServedBoard):
    """A reader who is about to type signs what the page shows."""
    signed = page.input_value(SIGNED)
    page.focus(REASON)
    site.change(alert=alert_body("Another sentence.", revision=9))
    page.locator("#polite", has_text="changed").wait_for()
    assert page.input_value(SIGNED) == signed
    assert "The first sentence." in page.inner_text("h1")


def test_with_its_scripts_blocked_a_page_is_never_live(browser: Any, site: ServedBoard):
    """Where the page's own script does not arrive, the server's text stays."""
    context = browser.new_context()
    context.add_cookies([site.cookie(Role.BOARD)])
    context.route("**/*.js*", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site.base}/overview")
    page.wait_for_timeout(1500)
    assert "not live" in page.inner_text("#live")
    assert page.locator("#live").get_attribute("data-state") == "still"
    context.close()
