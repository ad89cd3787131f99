"""Tests of ``tocsin report`` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.board.studies import PRODERM_LOG
from tests.scenarios.commands import run_tocsin

QUICK = ("--format", "html", "--format", "csv")


def test_both_reports_of_a_log_at_a_day(tmp_path: Path):
    """The digest of a look is that of the replay to the same day; the folders are separate."""
    out = tmp_path / "out"
    done = run_tocsin("report", PRODERM_LOG, "--to", out, "--as-of", "2019-03-31", *QUICK)
    replayed = run_tocsin("replay", PRODERM_LOG, "--as-of", "2019-03-31", "--json").result

    assert (done.code, done.stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["closed", "open"]
    closed = (out / "closed/report.html").read_text()
    assert replayed["digest"] in closed and replayed["plan_sha256"] in closed
    assert "as of 2019-03-31" in closed
    pooled = (out / "open/report.html").read_text()
    assert replayed["digest"] not in pooled and "as of 2019-03-31" in pooled
    assert (out / "open/csv/fda_07_overview.csv").is_file()
    assert not (out / "open/csv/alerts.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as-of", "2019-02-30"), "give a day as YYYY-MM-DD"),
        (("--as-of", "2019-01-01", "--since", "2019-02-01"), "is after --as-of"),
        (("--study", "OTHER"), "has no study OTHER: it has PRODERM"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], message: str
):
    """Nothing is written, and the message says what to do."""
    done = run_tocsin("report", PRODERM_LOG, "--to", tmp_path / "out", *QUICK, *arguments)

    assert done.code in (2, 3) and message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_and_a_log_without_a_plan(tmp_path: Path):
    """A path that names nothing is refused as a path, an empty log as one without a study."""
    (tmp_path / "empty.jsonl").write_bytes(b"")
    missing = run_tocsin("report", tmp_path / "no.jsonl", "--to", tmp_path / "out", *QUICK)
    empty = run_tocsin("report", tmp_path / "empty.jsonl", "--to", tmp_path / "out", *QUICK)

    assert missing.code == 2 and "cannot be read: No such file" in missing.stderr
    assert empty.code == 3 and "no plan opens one" in empty.stderr


def test_a_report_is_not_overwritten(tmp_path: Path):
    """A folder with something in it stays as it is."""
    (tmp_path / "note.txt").write_text("mine")
    done = run_tocsin("report", PRODERM_LOG, "--to", tmp_path, *QUICK)

    assert done.code == 2 and "is not overwritten" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("format", "module", "extra"),
    [("pdf", "weasyprint", "tocsin[report]"), ("rtf", "rtflite", "tocsin[rtf]")],
)
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, format: str, module: str, extra: str
):
    """The message names the extra, and the formats that need none; nothing is folded first."""
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError(name='{module}')")
    done = run_tocsin(
        "report", PRODERM_LOG, "--to", tmp_path / "out", "--format", "html", "--format", format,
        PYTHONPATH=str(tmp_path),
    )  # fmt: skip

    assert done.code == 2 and not (tmp_path / "out").exists()
    assert extra in done.stderr and "Without that format: --format html." in done.stderr
