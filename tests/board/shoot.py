"""Takes pictures of an HTML file, to look at: ``python -m tests.board.shoot PAGE.html OUT``.

Writes OUT.png, OUT-dark.png and OUT-phone.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SETTINGS = {"": (1280, "light"), "-dark": (1280, "dark"), "-phone": (390, "light")}


def main(page: str, out: str) -> None:
    """Open *page* in Debian's Chromium and write a picture of each setting."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for name, (width, scheme) in SETTINGS.items():
            tab = browser.new_page(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            tab.goto(Path(page).resolve().as_uri())
            tab.screenshot(path=f"{out}{name}.png", full_page=True)
            wide = tab.evaluate("document.documentElement.scrollWidth")
            print(f"{out}{name}.png: {width} px wide, content {wide} px")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
