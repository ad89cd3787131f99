"""Loads pages cold while an alert is raised, and uses the board with a keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.board.browser.conftest import RunningBoard
from tests.board.browser.members import log_in, tab_to, wait_listed, wait_live
from tests.board.browser.small_studies import SmallStudy, busy_processors, watching

NOTE_ALERT = """new MutationObserver(() => {
  if (!window.shownAt && document.querySelector('#view [data-alert]')) window.shownAt = Date.now();
}).observe(document, { childList: true, subtree: true, attributes: true });"""
"""Notes when the page has an alert for the first time."""

LOADS, SECONDS_MAX, BUSY = 20, 2.0, 2


@pytest.fixture(scope="module")
def cora(browser: Any, board: RunningBoard) -> Any:
    """The page of a member."""
    return log_in(browser, board, "cora")


def cold_load(browser: Any, board: RunningBoard, cora: Any, study: SmallStudy) -> float:
    """Raise an alert as soon as a new browser has loaded its page; return how late it is shown."""
    study.begin(board)
    wait_listed(cora, board, study.name)
    context = browser.new_context(storage_state=cora.context.storage_state())
    context.add_init_script(NOTE_ALERT)
    page = context.new_page()
    with watching(board, study) as watch:
        page.goto(f"{board.address}/s/{study.name}/alerts")
        assert page.locator("#view [data-alert]").count() == 0
        study.raise_alert(board)
    page.locator("#view [data-alert]").first.wait_for(timeout=20_000)
    shown_at = page.evaluate("window.shownAt") / 1000
    context.close()
    assert watch.advanced_at is not None
    return shown_at - watch.advanced_at


def test_an_alert_appears_on_a_page_that_was_just_loaded(
    browser: Any, board: RunningBoard, cora: Any, tmp_path: Path
):
    """A cold load connects to the stream, whatever it races with."""
    assert cold_load(browser, board, cora, SmallStudy("COLD", tmp_path)) < 20


@pytest.mark.campaign
def test_twenty_cold_loads_show_the_alert_in_time_under_stress(
    browser: Any, board: RunningBoard, cora: Any, tmp_path: Path
):
    """Two other processes use all there is of two processors."""
    with busy_processors(BUSY):
        studies = [SmallStudy(f"L{number}", tmp_path) for number in range(LOADS)]
        seconds = [cold_load(browser, board, cora, each) for each in studies]
    print(f"alert shown after (s): {[round(each, 2) for each in sorted(seconds)]}")
    assert max(seconds) < SECONDS_MAX


def test_a_keyboard_alone_suffices(board: RunningBoard, cora: Any, tmp_path: Path):
    """From the page of studies to an alert, its reason, the move and its result."""
    study = SmallStudy("KEYS", tmp_path)
    study.begin(board)
    study.raise_alert(board)
    wait_listed(cora, board, study.name)
    tab_to(cora, f"main a[href*='/s/{study.name}/']")
    cora.keyboard.press("Enter")
    wait_live(cora)
    tab_to(cora, "nav a[href$='/alerts']")
    cora.keyboard.press("Enter")
    cora.locator("#view a[href*='alert?id=']").first.wait_for()
    tab_to(cora, "#view a[href*='alert?id=']")
    cora.keyboard.press("Enter")
    cora.locator("textarea[name=reason]").wait_for()
    tab_to(cora, "textarea[name=reason]")
    cora.keyboard.type("Read with the keyboard alone.")
    tab_to(cora, "button[value=acknowledge]")
    cora.keyboard.press("Enter")
    cora.locator("[data-status=accepted]").wait_for()
    tab_to(cora, "main a")
