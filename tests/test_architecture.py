"""Holds the imports to the layers: the board may know the science, never the other way."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import PurePosixPath

import pytest

from tests.paths import ROOT
from tests.sources import Source, sources

FOLDERS = (
    "monitor", "monitor.plan", "monitor.exposure", "monitor.state", "monitor.stats",
    "monitor.evidence", "monitor.tables", "monitor.fold",
    "alerts", "alerts.detection", "alerts.register", "alerts.notification",
    "streams", "streams.kafka", "streams.log", "streams.records", "streams.store",
    "streams.store.rows", "streams.processor", "streams.outbox", "streams.health",
    "streams.metrics", "streams.audit", "streams.worker", "streams.sinks", "streams.delivery",
    "streams.producers", "streams.replay", "streams.sources", "streams.dictionaries",
    "streams.local", "streams.diagnostics", "streams.intake",
    "board", "board.charts", "board.views", "board.follower", "board.access", "board.web",
    "board.report", "tocsin.common", "tocsin.display", "tocsin.commands", "tocsin",
)  # fmt: skip
"""The order of imports: each folder imports itself and what stands before it, nothing after it."""

PRODUCT = {folder.partition(".")[0] for folder in FOLDERS}
NON_PRODUCT = {"benchmarks", "deploy", "studies", "tests"}
"""Folders of Python that no folder of the product may import."""

CORE = {"monitor", "alerts"}
IO_MODULES = {
    "asyncio", "concurrent", "ctypes", "http", "importlib", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
"""Modules that know the hour, throw dice or reach out of the process."""

CLOCKS_AND_DICE = {"now", "utcnow", "today", "random"}
"""Attributes that read a clock or throw dice though their module is allowed."""

SCIENCE_PACKAGES = {"numpy", "scipy.special"}


def folder(name: str) -> str | None:
    """The folder that holds module or name *name*; None outside the product."""
    owners = [one for one in FOLDERS if f"{name}.".startswith(f"{one}.")]
    return max(owners, key=len, default=None)


def allowed(source: Source) -> tuple[str, ...]:
    """The folders that *source* may import from.  `monitor.stats` imports only itself."""
    own = folder(source.module)
    if own is None or own == "monitor.stats":
        return (own,) if own else ()
    return FOLDERS[: FOLDERS.index(own) + 1]


def upward_imports(source: Source) -> list[str]:
    """The imports of *source* from a later folder, or from outside the product."""
    if folder(source.module) is None:
        return []
    return [name for name in sorted(source.imports) if not is_downward(name, allowed(source))]


def is_downward(name: str, folders: tuple[str, ...]) -> bool:
    """Whether *name* is foreign to this tree or stands in one of *folders*."""
    home = folder(name)
    return home in folders if home else name.partition(".")[0] not in NON_PRODUCT


def clock_and_io_uses(source: Source) -> list[str]:
    """What in *source* would let the core tell the hour, throw dice or reach out."""
    names = {name for name in source.imports if name.partition(".")[0] in IO_MODULES}
    reads = {node.attr for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)}
    return sorted(names | (reads & CLOCKS_AND_DICE))


def foreign_imports(source: Source) -> list[str]:
    """What *source* imports that is neither the standard library, nor science, nor its own."""
    return [
        name
        for name in sorted(source.imports)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"monitor"}
        and not any(f"{name}.".startswith(f"{one}.") for one in SCIENCE_PACKAGES)
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
        ("monitor/evidence/evaluate.py", "from monitor.stats import garwood", []),
        ("monitor/state/cell.py", "def late():\n    import alerts.alert", ["alerts.alert"]),
        ("streams/worker/app.py", "from tests.paths import ROOT", ["tests.paths.ROOT"]),
        ("tests/test_table.py", "import tocsin", []),
        ("monitor/plan/plan.py", "from monitor.fold import fold", ["monitor.fold.fold"]),
        ("streams/store/keys.py", "from streams.store.rows import row", ["streams.store.rows.row"]),
    ],
)
def test_the_rule_sees_an_import_that_points_up(module: str, line: str, refused: list[str]):
    """Relative, late and sideways imports are seen; those that point down are welcome."""
    assert upward_imports(Source(PurePosixPath(module), line)) == refused


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
    assert clock_and_io_uses(Source(PurePosixPath("monitor/state/cell.py"), line)) == seen


def test_every_python_file_stands_in_a_folder_the_rules_know():
    """A new package at the top cannot dodge the direction of imports, nor miss the wheel."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    assert {source.path.parts[0] for source in sources()} <= PRODUCT | NON_PRODUCT
    assert set(wheel["targets"]["wheel"]["packages"]) == PRODUCT | {"studies"}


def test_imports_point_down():
    """Each layer can be read, tested and audited without those above it."""
    assert {str(one.path): upward_imports(one) for one in sources() if upward_imports(one)} == {}


def test_the_core_has_no_clock_no_dice_and_no_network():
    """What a log rings today it rings in ten years: time and chance come in as arguments."""
    core = [one for one in sources() if one.path.parts[0] in CORE]

    assert {str(one.path): clock_and_io_uses(one) for one in core if clock_and_io_uses(one)} == {}


def test_the_science_needs_numbers_and_nothing_else():
    """A statistician audits `monitor` with the standard library, numpy and scipy.special."""
    science = [source for source in sources() if source.path.parts[0] == "monitor"]

    assert {str(one.path): foreign_imports(one) for one in science if foreign_imports(one)} == {}
