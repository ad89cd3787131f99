"""The notebook of the documentation runs, and shows what it gives."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.scenarios.notebook import NOTEBOOK, SVG, read_notebook, run_cells

BYTES_MAX = 100_000


def test_the_notebook_gives_the_outputs_that_it_shows():
    """`python -m tests.scenarios.notebook` writes them again."""
    notebook = read_notebook()
    shown = [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert without_last_bits(run_cells(notebook)) == without_last_bits(shown)
    assert len(shown) > 5


def without_last_bits(outputs: list[list[dict[str, Any]]]) -> str:
    """Return *outputs* without exact values in the SVG, whose last bits differ by processor."""
    return re.sub(r'data-value=\\"[^\\]*\\"', "", json.dumps(outputs))


def test_the_notebook_is_small_text():
    """Its only pictures are SVG; a difference between versions can be read."""
    cells = [cell for cell in read_notebook()["cells"] if cell["cell_type"] == "code"]
    kinds = {kind for cell in cells for output in cell["outputs"] for kind in output["data"]}

    assert kinds == {"text/plain", SVG} and NOTEBOOK.stat().st_size < BYTES_MAX
