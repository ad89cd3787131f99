"""What a member of the board does with a browser: log in, wait, and go from place to place."""

from __future__ import annotations

from typing import Any

from tests.board.browser.conftest import RunningBoard

TABS_MAX = 300
FOCUS = """(selector) => {
  const active = document.activeElement;
  const style = getComputedStyle(active);
  const shown = style.outlineStyle !== 'none' || active === document.body || active.id === 'main';
  return { found: active.matches(selector), shown, html: active.outerHTML.slice(0, 100) };
}"""


def log_in(browser: Any, board: RunningBoard, member: str, **options: Any) -> Any:
    """A page of *member*, who has logged in once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(board.addresses[member])
    assert "Studies" in page.title()
    return page


def wait_listed(page: Any, board: RunningBoard, study: str = "PRODERM") -> None:
    """Wait until the page of studies lists *study*: the follower is behind the worker."""
    for _ in range(200):
        page.goto(board.address)
        if page.locator("main a", has_text=study).count():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{study} is not listed")


def wait_live(page: Any) -> None:
    """Wait until the page says that it is live."""
    page.locator('#live[data-state="live"]').wait_for()


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is on *selector*; every stop on the way shows the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS, selector)
        assert focus["shown"], f"the focus is not seen on {focus['html']}"
        if focus["found"]:
            return
    raise AssertionError(f"Tab does not reach {selector}")
