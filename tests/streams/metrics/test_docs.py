"""Checks the metric table of docs/metrics.md.

`python -m tests.streams.metrics.test_docs` writes it.
"""

from __future__ import annotations

import re
from pathlib import Path

from streams.metrics.catalogue import CATALOGUE, Zone
from streams.settings import Settings
from tests.paths import ROOT

PATH = ROOT / "docs" / "metrics.md"
TABLE = re.compile(r"(?<=<!-- catalogue -->\n).*?(?=<!-- end -->)", re.DOTALL)


def catalogue_table() -> str:
    """Return the catalogue as Markdown tables."""
    lines: list[str] = []
    for zone in Zone:
        lines += [
            f"\n### {zone.value.capitalize()}\n",
            "| metric | labels | unit | |",
            "|---|---|---|---|",
        ]
        for each in CATALOGUE:
            if each.zone is zone:
                labels = ", ".join(f"`{label}`" for label in each.labels)
                unit = f"{each.unit} ({each.kind.value})"
                lines.append(f"| `{each.name}` | {labels} | {unit} | {each.help} |")
    return "\n".join(lines) + "\n\n"


def page_with_table(path: Path) -> str:
    """Return the page at *path* with its table replaced by the catalogue."""
    return TABLE.sub(lambda _: catalogue_table(), path.read_text())


def test_the_table_of_the_docs_equals_the_catalogue():
    """It lists every metric by zone with its labels, unit and help text."""
    assert PATH.read_text() == page_with_table(PATH)
    assert PATH.read_text().count("safety_build_info") > 0


def test_every_setting_of_the_metrics_is_in_the_docs():
    """Each is documented with its default."""
    text = (ROOT / "docs" / "live.md").read_text()
    for name in ("metrics_open", "metrics_closed", "metrics_token_file"):
        default = Settings.model_fields[name].default
        row = next(line for line in text.splitlines() if f"`TOCSIN_{name.upper()}`" in line)
        assert f"`{default}`" in row if default else True


if __name__ == "__main__":
    PATH.write_text(page_with_table(PATH))
