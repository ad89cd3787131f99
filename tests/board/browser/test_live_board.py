"""Looks at a running board with Debian's Chromium, as a member does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.board.browser.conftest import RunningBoard
from tests.board.browser.members import log_in, wait_listed, wait_live
from tests.paths import ROOT

LOG = ROOT / "studies" / "proderm" / "log.jsonl"
FIRST_ALERT_LINE = 62
"""The record of the log that raises the first alert on thromboembolic events."""


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes lines of ProDERM's log to a file, and returns its path."""
    folder, lines = tmp_path_factory.mktemp("log"), LOG.read_bytes().splitlines(keepends=True)

    def write(first: int, last: int) -> Path:
        path = folder / f"{first}.jsonl"
        path.write_bytes(b"".join(lines[first - 1 : last]))
        return path

    return write


@pytest.fixture(scope="module")
def anna(browser: Any, board: RunningBoard, part: Any) -> Any:
    """The page of one member, over the log up to the day before the first alert."""
    board.produce(part(1, FIRST_ALERT_LINE - 1))
    page = log_in(browser, board, "anna")
    wait_listed(page, board)
    return page


@pytest.fixture(scope="module")
def bela(browser: Any, board: RunningBoard, anna: Any) -> Any:
    """The page of another member."""
    return log_in(browser, board, "bela")


def test_a_page_without_scripts_is_never_live(browser: Any, board: RunningBoard, anna: Any):
    """The server's own text says as of which day the page is, and that it is not live."""
    context = browser.new_context(
        java_script_enabled=False, storage_state=anna.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{board.base}/overview")
    page.wait_for_timeout(1500)
    assert "not live" in page.inner_text("#live")
    context.close()


def test_an_alert_appears_without_reload(board: RunningBoard, anna: Any, part: Any):
    """The page that shows no alert has it soon after its record is applied, focus unmoved."""
    anna.goto(f"{board.base}/alerts")
    wait_live(anna)
    anna.evaluate("window.kept = true")
    assert "Thromboembolic" not in anna.inner_text("#view")
    board.produce(part(FIRST_ALERT_LINE, FIRST_ALERT_LINE))
    anna.locator("#view", has_text="Thromboembolic").wait_for()
    assert anna.evaluate("window.kept"), "the page was not loaded again"


def test_a_member_acknowledges_and_another_browser_sees_it(
    board: RunningBoard, anna: Any, bela: Any
):
    """A move made in one browser is shown in the other without reload."""
    bela.goto(f"{board.base}/alerts")
    wait_live(bela)
    open_first_alert(board, anna)
    anna.fill("textarea[name=reason]", "Seen by Anna.")
    anna.click("button[value=acknowledge]")
    anna.wait_for_load_state()
    assert "accepted" in anna.inner_text("body").lower()
    bela.locator("#view", has_text="acknowledged").wait_for()


def test_of_two_who_sign_one_revision_one_is_refused_and_keeps_the_text(
    board: RunningBoard, anna: Any, bela: Any
):
    """The second member's form is stale: it is refused with a reason, and the text is kept."""
    open_alert_in_state(board, anna, "acknowledged")
    bela.goto(anna.url)
    wait_live(bela)
    for page in (anna, bela):
        page.locator("button[value=begin_review]").wait_for()
    bela.fill("textarea[name=reason]", "Bela begins too.")
    anna.fill("textarea[name=reason]", "Anna begins.")
    anna.click("button[value=begin_review]")
    anna.wait_for_load_state()
    bela.locator("#polite", has_text="changed").wait_for()
    assert bela.input_value("textarea[name=reason]") == "Bela begins too."
    bela.click("button[value=begin_review]")
    bela.wait_for_load_state()
    text = bela.inner_text("body")
    assert "moved on" in text or "look again" in text
    assert "Bela begins too." in bela.content()


def test_the_status_turns_red_when_the_board_stops(board: RunningBoard, anna: Any):
    """Ten seconds of silence make the page say what is silent, in red; the last test here."""
    anna.goto(f"{board.base}/overview")
    wait_live(anna)
    board.process.kill()
    begun = time.monotonic()
    anna.locator('#live[data-state="dead"]').wait_for()
    assert time.monotonic() - begun < 13
    assert "silent" in anna.inner_text("#live")


def open_first_alert(board: RunningBoard, page: Any) -> None:
    """Go to the page of the first alert in the list."""
    page.goto(f"{board.base}/alerts")
    page.click("#view a[href*='alert?id=']")
    page.wait_for_load_state()
    wait_live(page)


def open_alert_in_state(board: RunningBoard, page: Any, state: str) -> None:
    """Go to the page of an alert in *state*."""
    answer = page.request.get(f"{board.base}/alerts.json")
    rows = json.loads(answer.text())
    found = json.dumps(rows)
    assert state in found
    page.goto(f"{board.base}/alerts?state={state}")
    page.click("#view a[href*='alert?id=']")
    page.wait_for_load_state()
    wait_live(page)
