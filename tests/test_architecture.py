"""Holds the imports to the layers: the board may know the science, never the other way."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import PurePosixPath

import pytest

from tests.paths import ROOT
from tests.sources import Source, sources

LAYERS = ("monitor.stats", "monitor", "alerts", "streams", "board", "tocsin")
"""From the bottom up: each may import itself and what stands before it, nothing after it."""

PRODUCT = {layer.partition(".")[0] for layer in LAYERS}
BESIDE = {"benchmarks", "deploy", "studies", "tests"}
"""Folders of Python that no layer may import."""

CORE = {"monitor.stats", "monitor", "alerts"}
WORLD = {
    "asyncio", "concurrent", "ctypes", "http", "importlib", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
"""Modules that know the hour, throw dice or reach out of the process."""

CLOCKS_AND_DICE = {"now", "utcnow", "today", "random"}
"""Attributes that read a clock or throw dice though their module is allowed."""

SCIENCE = {"numpy", "scipy.special"}


def layer(name: str) -> str | None:
    """The layer that module *name* stands in; None for what is not the product's."""
    return next((one for one in LAYERS if f"{name}.".startswith(f"{one}.")), None)


def upward(source: Source) -> list[str]:
    """What *source* imports from above itself or from beside the product."""
    own = layer(source.module)
    if own is None:
        return []
    allowed = LAYERS[: LAYERS.index(own) + 1]
    return [name for name in sorted(source.imports) if not downward(name, allowed)]


def downward(name: str, allowed: tuple[str, ...]) -> bool:
    """Whether *name* is foreign to this tree or stands in a layer that is *allowed*."""
    home = layer(name)
    return home in allowed if home else name.partition(".")[0] not in BESIDE


def worldly(source: Source) -> list[str]:
    """What in *source* would let the core tell the hour, throw dice or reach out."""
    names = {name for name in source.imports if name.partition(".")[0] in WORLD}
    reads = {node.attr for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)}
    return sorted(names | (reads & CLOCKS_AND_DICE))


def foreign(source: Source) -> list[str]:
    """What *source* imports that is neither the standard library, nor science, nor its own."""
    return [
        name
        for name in sorted(source.imports)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"monitor"}
        and not any(f"{name}.".startswith(f"{one}.") for one in SCIENCE)
    ]


@pytest.mark.parametrize(
    ("module", "line", "refused"),
    [
        (
            "monitor/stats/garwood.py",
            "from monitor.state.cell import Cell",
            ["monitor.state.cell.Cell"],
        ),
        ("monitor/stats/garwood.py", "from ..state.cell import Cell", ["monitor.state.cell.Cell"]),
        ("monitor/stats/garwood.py", "from .likelihood import score", []),
        ("monitor/state/cell.py", "from monitor.stats import garwood", []),
        ("monitor/state/cell.py", "def late():\n    import alerts.alert", ["alerts.alert"]),
        ("streams/worker/app.py", "from tests.paths import ROOT", ["tests.paths.ROOT"]),
        ("tests/test_table.py", "import tocsin", []),
    ],
)
def test_the_rule_sees_an_import_that_points_up(module: str, line: str, refused: list[str]):
    """Relative, late and sideways imports are seen; those that point down are welcome."""
    assert upward(Source(PurePosixPath(module), line)) == refused


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("from datetime import date\ndate.today()", ["today"]),
        ("import numpy as np\nnp.random.default_rng()", ["random"]),
        ("from os.path import join", ["os.path.join"]),
        ("from datetime import date\ndate.fromordinal(1)", []),
    ],
)
def test_the_rule_sees_a_clock_behind_a_harmless_name(line: str, seen: list[str]):
    """`datetime` and `numpy` are welcome in the core; their clock and their dice are not."""
    assert worldly(Source(PurePosixPath("monitor/state/cell.py"), line)) == seen


def test_every_python_file_stands_in_a_folder_the_rules_know():
    """A new package at the top cannot dodge the direction of imports, nor miss the wheel."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    assert {source.path.parts[0] for source in sources()} <= PRODUCT | BESIDE
    assert set(wheel["targets"]["wheel"]["packages"]) == PRODUCT | {"studies"}


def test_imports_point_down():
    """Each layer can be read, tested and audited without those above it."""
    assert {str(one.path): upward(one) for one in sources() if upward(one)} == {}


def test_the_core_has_no_clock_no_dice_and_no_network():
    """What a log rings today it rings in ten years: time and chance come in as arguments."""
    core = [source for source in sources() if layer(source.module) in CORE]

    assert {str(one.path): worldly(one) for one in core if worldly(one)} == {}


def test_the_science_needs_numbers_and_nothing_else():
    """A statistician audits `monitor` with the standard library, numpy and scipy.special."""
    science = [source for source in sources() if source.path.parts[0] == "monitor"]

    assert {str(one.path): foreign(one) for one in science if foreign(one)} == {}
