"""Takes the README's picture of a running board: ``python -m tests.board.browser.picture``."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tests.board.browser.conftest import CHROMIUM, open_study, start_board, stop_board
from tests.paths import ROOT

PICTURE = ROOT / "docs" / "board.png"
WIDTH, HEIGHT = 1200, 1420


def main() -> None:
    """Fold ProDERM, log in, and take the overview as it is when it is live."""
    board = start_board("member")
    try:
        board.produce(ROOT / "studies" / "proderm" / "log.jsonl")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
            )
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(board.addresses["member"])
            open_study(page, board)
            page.locator('#live[data-state="live"]').wait_for()
            page.locator("#status", has_text="2,609").wait_for()
            page.locator("#view", has_text="SIGNAL").wait_for()
            page.screenshot(path=str(PICTURE))
            browser.close()
    finally:
        stop_board(board)


if __name__ == "__main__":
    main()
