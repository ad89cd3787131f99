"""Tests `import tocsin`: the results of a replay in Python, as columns for data frames."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import tocsin
from tests.paths import ROOT
from tests.scenarios.commands import run_tocsin, small_log, write_log
from tocsin.columns import Columns
from tocsin.replay_run import ReplayRun

PRODERM = ROOT / "studies" / "proderm" / "log.jsonl"
AS_OF = "2019-03-05"
WATCH = "tee-general-population"


@pytest.fixture(scope="module")
def run() -> ReplayRun:
    """Return the replay of ProDERM as of the day of its signal."""
    return tocsin.replay(PRODERM, as_of=AS_OF)


def test_importing_tocsin_loads_no_command_and_no_library():
    """A notebook that only imports it pays nothing; a replay loads no command line."""
    code = (
        "import sys, tocsin; bare = set(sys.modules)\n"
        "tocsin.replay; loaded = set(sys.modules)\n"
        "print([n for n in bare if n.startswith(('tocsin.', 'monitor', 'streams', 'numpy'))])\n"
        "print([n for n in loaded if n.startswith(('tocsin.com', 'cyclopts', 'rich', 'aiokafka'))])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert printed.splitlines() == ["[]", "[]"]


def test_a_run_is_what_the_command_prints(run: ReplayRun):
    """Digest, records, alerts and findings are those of `tocsin replay --json`."""
    printed = run_tocsin("replay", PRODERM, "--json", "--as-of", AS_OF).result

    assert run.result == printed
    assert (run.study, run.as_of) == ("PRODERM", date(2019, 3, 5))
    assert run.digest == printed["digest"] and run.records["folded"] == 2330
    assert [alert["id"] for alert in run.alerts] == [one["id"] for one in printed["alerts"]]
    assert run.findings.items() >= printed["findings"].items()
    assert tocsin.replay(PRODERM, as_of=date(2019, 3, 5)).digest == run.digest


@pytest.mark.parametrize("frames", ["polars", "pandas"])
def test_a_data_frame_takes_the_columns_as_they_are(run: ReplayRun, frames: str):
    """Tables, watches and trajectories have equal columns of plain values."""
    pytest.importorskip(frames)
    library: Any = import_module(frames)
    for columns in (run.tables(), run.watches(), run.trajectory(WATCH)):
        frame = library.DataFrame(columns)
        assert list(frame.columns) == list(columns)
        assert len(frame) == len(next(iter(columns.values()))) > 0


def test_arrow_takes_the_columns_as_they_are(run: ReplayRun):
    """A table of Arrow is made from the same columns."""
    arrow: Any = pytest.importorskip("pyarrow")
    for columns in (run.tables(), run.watches(), run.trajectory(WATCH)):
        assert arrow.table(columns).num_rows == len(next(iter(columns.values())))


def test_the_last_point_of_a_trajectory_is_the_evidence_of_its_watch(run: ReplayRun):
    """The clock of records ends at the e-value of the result; both clocks are in order of time."""
    watches = run.watches()
    evidence = dict(zip(watches["id"], watches["log_e_value"], strict=True))
    known, occurred = run.trajectory(WATCH), run.trajectory(WATCH, "occurred")

    assert known["log_e"][-1] == evidence[WATCH] == pytest.approx(occurred["log_e"][-1])
    assert all(is_sorted(columns["day"]) and is_equal(columns) for columns in (known, occurred))
    assert is_sorted(known["line"]) and set(occurred["line"]) == {None}


def is_sorted(values: list[Any]) -> bool:
    """Whether *values* never fall."""
    return values == sorted(values)


def is_equal(columns: Columns) -> bool:
    """Whether all *columns* have one length."""
    return len({len(each) for each in columns.values()}) == 1


def test_a_plot_is_one_svg_that_needs_nothing_beside_it(run: ReplayRun, tmp_path: Path):
    """A notebook shows it; it has its colours in itself and both clocks."""
    plot = run.plot(WATCH)
    svg = plot._repr_svg_()  # pyright: ignore[reportPrivateUsage]  # The protocol of notebooks.
    plot.save(tmp_path / "plot.svg")
    root = ElementTree.fromstring((tmp_path / "plot.svg").read_text(encoding="utf-8"))

    assert root.tag == "{http://www.w3.org/2000/svg}svg" and "<style>" in svg
    clocks = {each.get("data-clock") for each in root.iter()} - {None}
    assert clocks == {"known", "occurred"} and "signal 5 Mar 2019" in svg


def test_a_log_of_two_studies_needs_the_name(tmp_path: Path):
    """The message names the studies; a refused line is said with what to do."""
    log = write_log(tmp_path, [*small_log("A"), *small_log("B"), b"{"])

    with pytest.raises(ValueError, match="give study=, one of A, B"):
        tocsin.replay(log)
    with pytest.raises(ValueError, match="has no study C: it has A, B"):
        tocsin.replay(log, study="C")
    (refused,) = tocsin.replay(log, study="B").not_included
    assert (refused["line"], refused["reason"]) == (13, "not_json")


def test_what_is_wrong_is_said(run: ReplayRun, tmp_path: Path):
    """A day, a watch and a clock that are none are each named, with what there is."""
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        tocsin.replay(PRODERM, as_of="5 March 2019")
    with pytest.raises(KeyError, match="tee-general-population"):
        run.trajectory("tee")
    with pytest.raises(ValueError, match="known, occurred"):
        run.trajectory(WATCH, "reported")
    with pytest.raises(ValueError, match="first record must be a `plan`"):
        tocsin.replay(write_log(tmp_path, [b"{}"]))
