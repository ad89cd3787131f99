"""Checks every file against the size limits and habits of the style guide."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from statistics import median

import pytest

from tests.sources import Function, Source, sources

PRODUCT = {"monitor", "alerts", "streams", "board", "tocsin"}
DOUBLES = re.compile(r"mock(er)?|(Magic|Async)?Mock|monkey\w*|create_autospec|pytest_mock")
"""Names of test doubles that record how they were called, and of patching helpers."""


def line_count(function: Function) -> int:
    """The number of lines from the `def` to the end, including the docstring."""
    return (function.end_lineno or 0) - function.lineno + 1


def working_lines(function: Function) -> int:
    """The number of lines without the docstring, which may be as long as it needs to be."""
    if not ast.get_docstring(function):
        return line_count(function)
    docstring = function.body[0]
    return line_count(function) - (docstring.end_lineno or 0) + docstring.lineno - 1


def broken_budgets(source: Source) -> list[str]:
    """The limits and habits of the style guide that *source* breaks."""
    lines = source.text.splitlines()
    first_line = (ast.get_docstring(source.tree) or "").partition("\n")[0]
    code = [node for node in source.tree.body if not isinstance(node, ast.Expr)]
    checks = {
        f"{len(lines)} lines, over 300": len(lines) > 300,
        f"{len(source.functions)} functions, over 15": len(source.functions) > 15,
        "a line over 100 columns": any(len(line) > 100 for line in lines),
        "no docstring that opens with a sentence": not first_line.endswith("."),
        "no `from __future__ import annotations`": bool(code)
        and "__future__.annotations" not in source.imports,
    }
    long = {f"{each.name} is over 40 lines": line_count(each) > 40 for each in source.functions}
    return [fault for fault, broken in {**checks, **long}.items() if broken]


def mock_names(source: Source) -> list[str]:
    """The names in *source* of test doubles that record their calls."""
    nodes = list(ast.walk(source.tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {part for name in source.imports for part in name.split(".")}
    return sorted(name for name in names if DOUBLES.fullmatch(name))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n" * 301, "301 lines, over 300"),
        ("def f(): ...\n" * 16, "16 functions, over 15"),
        ("def f():\n" + "    x = 1\n" * 40, "f is over 40 lines"),
        (f"x = {'1' * 97}", "a line over 100 columns"),
        ('"""no sentence"""', "no docstring that opens with a sentence"),
        ("x = 1", "no `from __future__ import annotations`"),
    ],
)
def test_every_limit_can_be_exceeded(text: str, fault: str):
    """A check that no file can fail would prove nothing."""
    assert fault in broken_budgets(Source(PurePosixPath("monitor/state/cell.py"), text))


def test_every_file_is_within_its_limits():
    """Files and functions are short enough to read whole, and each file states its purpose."""
    assert {str(one.path): broken_budgets(one) for one in sources() if broken_budgets(one)} == {}


def test_the_median_function_is_under_eight_lines():
    """Most functions of the product do one thing."""
    product = [source for source in sources() if source.path.parts[0] in PRODUCT]

    assert median(working_lines(each) for one in product for each in one.functions) < 8


def test_every_test_has_a_docstring():
    """A test's name states the behaviour, and its docstring gives the reason."""
    tests = [(one.path.name, each) for one in sources() for each in one.functions]
    undocumented = [
        f"{name}: {each.name}"
        for name, each in tests
        if name.startswith("test_") and each.name.startswith("test_")
        if not ast.get_docstring(each)
    ]

    assert undocumented == []


def test_no_test_uses_a_double_that_records_its_calls():
    """Tests use builders and fakes: a double that records calls tests code against itself."""
    tests = [source for source in sources() if source.path.parts[0] == "tests"]

    assert {str(one.path): mock_names(one) for one in tests if mock_names(one)} == {}
