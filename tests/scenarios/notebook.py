"""Runs the code cells of a notebook in one namespace, and writes their outputs into it.

`python -m tests.scenarios.notebook` writes docs/notebook.ipynb again.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from tests.paths import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
SVG = "image/svg+xml"


def read_notebook() -> dict[str, Any]:
    """Return the notebook as JSON."""
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def run_cells(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Run the code cells in order; return the outputs of each."""
    namespace: dict[str, Any] = {}
    code_cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    return [
        _outputs(_run("".join(cell["source"]), namespace), count)
        for count, cell in enumerate(code_cells, start=1)
    ]


def _run(source: str, namespace: dict[str, Any]) -> Any:
    """Run *source*, and return the value of its last line if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), namespace)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)


def _outputs(value: Any, count: int) -> list[dict[str, Any]]:
    if value is None:
        return []
    draw = getattr(value, "_repr_svg_", None)
    data = {SVG: _lines(draw())} if draw else {"text/plain": _lines(repr(value))}
    return [
        {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data}
    ]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def write_outputs(path: Path = NOTEBOOK) -> None:
    """Run the notebook and write its outputs."""
    notebook = read_notebook()
    outputs = iter(run_cells(notebook))
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"], cell["outputs"] = count, next(outputs)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_outputs()
