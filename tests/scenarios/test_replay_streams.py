"""Tests the output streams of `tocsin replay`: pipes, terminals, encodings and widths."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.scenarios.commands import (
    ESCAPE,
    SECONDS_MAX,
    command_environment,
    run_tocsin,
    small_log,
    write_log,
)

PRODERM = ROOT / "studies" / "proderm" / "log.jsonl"
INTERVAL = re.compile(r"^(-|inf|-?[\d,.]+) \((-?[\d,.]+) to (inf|-?[\d,.]+)\)")


def run_on_terminal(*arguments: str | Path, **environment: str) -> str:
    """Run the command with a terminal as stdout and return its output."""
    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "tocsin", *map(str, arguments)]
    env = command_environment(100, TERM="xterm-256color", **environment)
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=terminal, stderr=subprocess.PIPE
    ) as process:
        os.close(terminal)
        output = b"".join(iter(lambda: read_terminal(reader), b""))
        assert process.wait(SECONDS_MAX) == 0
    os.close(reader)
    return output.decode()


def read_terminal(terminal: int) -> bytes:
    """Read from a terminal; Linux reports its end as an error, for which b"" is returned."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def read_one_line(*arguments: str) -> tuple[int, bytes, bytes]:
    """Close stdout after one line; return exit code, that line and stderr."""
    command = [sys.executable, "-m", "tocsin", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=command_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        return process.wait(SECONDS_MAX), line, errors


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_closed_pipe_ends_the_command_without_a_message(flags: list[str]):
    """`tocsin replay LOG | head -1` is normal use; the exit code is 128 + SIGPIPE, as is usual."""
    code, line, errors = read_one_line("replay", str(PRODERM), *flags)

    assert line and (code, errors) == (141, b"")


def test_a_terminal_is_shown_colours(tmp_path: Path):
    """The tables on a terminal are coloured, and a signal is red."""
    assert ESCAPE in run_on_terminal("replay", write_log(tmp_path, small_log()))


def test_no_color_gives_no_escape_codes(tmp_path: Path):
    """With NO_COLOR there is neither colour nor bold."""
    output = run_on_terminal("replay", write_log(tmp_path, small_log()), NO_COLOR="1")

    assert "SIGNAL" in output and ESCAPE not in output


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_pipe_gives_no_escape_codes(tmp_path: Path, flags: list[str]):
    """Output that is stored in a file is plain text."""
    run = run_tocsin("replay", write_log(tmp_path, [*small_log(), b"{"]), *flags)

    assert ESCAPE not in run.stdout + run.stderr


def test_a_term_cannot_control_the_terminal(tmp_path: Path):
    """An escape code in the text of a log is not sent to the terminal."""
    lines = small_log()
    lines[4]["preferred_term"] = f"{ESCAPE}[2J[bold]DVT"

    run = run_tocsin("replay", write_log(tmp_path, lines))

    assert ESCAPE not in run.stdout + run.stderr


def test_stdout_holds_data_and_stderr_the_rest(tmp_path: Path):
    """A program that parses stdout reads JSON lines only."""
    run = run_tocsin(
        "replay", write_log(tmp_path, [*small_log(), b"{", b"["]), "--json", "--strict"
    )

    assert [line["type"] for line in run.json_lines] == ["alert", "alert", "result"]
    assert "not_json" in run.stderr and "(--strict)" in run.stderr and '"type"' not in run.stderr


def test_the_lines_are_utf_8_in_every_locale(tmp_path: Path):
    """A term in Greek must not fail a nightly job in the locale C."""
    lines = small_log()
    lines[4]["preferred_term"] = "Θρόμβωση"
    log = write_log(tmp_path, lines)

    for flags in ([], ["--json"]):
        run = run_tocsin("replay", log, *flags, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert run.code == 0, run.stderr
    assert "Θρόμβωση" in run.stdout


@pytest.mark.parametrize("columns", [80, 120, 160])
def test_tables_fit_the_terminal_and_keep_numbers_whole(columns: int):
    """Columns are left out so that no number is cut: part of a limit would be a wrong limit."""
    out = run_tocsin("replay", PRODERM, "--terms", "30", columns=columns).stdout
    rows = out[out.index("Exposure") : out.index("Records")].splitlines()

    assert max(map(len, rows)) <= columns
    intervals = [row for row in rows if " to " in row and "(" in row]
    cells = [cell for row in intervals for cell in re.split(r"  +", row) if " to " in cell]
    assert len(cells) > 100 and all(INTERVAL.match(cell) for cell in cells)
    for name in ("first, ivig", "tee-general-population", "thromboembolic_related"):
        assert name in out


def test_a_wide_terminal_shows_more():
    """Columns left out at 80 are shown at 160; the narrow output gives the width for all."""
    narrow, wide = (run_tocsin("replay", PRODERM, columns=columns).stdout for columns in (80, 160))

    assert "related  patient-years" in wide and "related  patient-years" not in narrow
    assert "columns shows all" in narrow and "columns shows all" not in wide
    assert "…" in narrow and "…" not in wide


def test_the_output_can_be_saved_as_a_picture(tmp_path: Path):
    """`--svg` writes the picture that the README shows; a missing folder is a usage error."""
    picture = tmp_path / "replay.svg"

    run = run_tocsin("replay", write_log(tmp_path, small_log()), "--svg", picture)

    assert run.code == 0 and picture.read_text().startswith("<svg")
    assert run_tocsin("replay", tmp_path / "log.jsonl", "--svg", tmp_path / "no" / "x").code == 2
