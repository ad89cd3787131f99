"""`tocsin replay` in pipes, on terminals and at every width: data on stdout, the rest on stderr."""

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


def run_on_terminal(*words: str | Path, **environment: str) -> str:
    """What the command shows a person: stdout is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tocsin", *map(str, words)]
    env = command_environment(100, TERM="xterm-256color", **environment)
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=theirs, stderr=subprocess.PIPE) as run:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
        assert run.wait(SECONDS_MAX) == 0
    os.close(ours)
    return shown.decode()


def read_terminal(terminal: int) -> bytes:
    """What is there to read; Linux reports the end of a terminal as an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def read_one_line(*words: str) -> tuple[int, bytes, bytes]:
    """How the command ends, and what it said, when who reads stops after one line."""
    command = [sys.executable, "-m", "tocsin", *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=command_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        line = run.stdout.readline()
        run.stdout.close()
        errors = run.stderr.read()
        return run.wait(SECONDS_MAX), line, errors


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_reader_that_stops_ends_the_command_quietly(flags: list[str]):
    """`tocsin replay LOG | head -1` is no accident; the code is that of any program in a pipe."""
    code, line, errors = read_one_line("replay", str(PRODERM), *flags)

    assert line and (code, errors) == (141, b"")


def test_a_terminal_is_shown_colours(tmp_path: Path):
    """The tables are for people; a signal is red."""
    assert ESCAPE in run_on_terminal("replay", write_log(tmp_path, small_log()))


def test_no_color_gives_no_escape_codes(tmp_path: Path):
    """Neither colour nor bold: some terminals, and some people, cannot read them."""
    shown = run_on_terminal("replay", write_log(tmp_path, small_log()), NO_COLOR="1")

    assert "SIGNAL" in shown and ESCAPE not in shown


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_pipe_gives_no_escape_codes(tmp_path: Path, flags: list[str]):
    """What is stored in a file is text."""
    done = run_tocsin("replay", write_log(tmp_path, [*small_log(), b"{"]), *flags)

    assert ESCAPE not in done.stdout + done.stderr


def test_a_term_cannot_steer_the_terminal(tmp_path: Path):
    """Text from a log is data: an escape code in it is shown, not obeyed."""
    lines = small_log()
    lines[4]["preferred_term"] = f"{ESCAPE}[2J[bold]DVT"

    done = run_tocsin("replay", write_log(tmp_path, lines))

    assert ESCAPE not in done.stdout + done.stderr


def test_stdout_holds_data_and_stderr_the_rest(tmp_path: Path):
    """A program that reads the lines never meets a sentence."""
    done = run_tocsin(
        "replay", write_log(tmp_path, [*small_log(), b"{", b"["]), "--json", "--strict"
    )

    assert [line["type"] for line in done.json_lines] == ["alert", "alert", "result"]
    assert "not_json" in done.stderr and "(--strict)" in done.stderr and '"type"' not in done.stderr


def test_the_lines_are_utf_8_whatever_the_locale(tmp_path: Path):
    """A term in Greek must not end a nightly job."""
    lines = small_log()
    lines[4]["preferred_term"] = "Θρόμβωση"
    log = write_log(tmp_path, lines)

    for flags in ([], ["--json"]):
        done = run_tocsin(
            "replay", log, *flags, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
        )
        assert done.code == 0, done.stderr
    assert "Θρόμβωση" in done.stdout


@pytest.mark.parametrize("columns", [80, 120, 160])
def test_tables_fit_the_terminal_and_keep_numbers_whole(columns: int):
    """Columns are left out rather than numbers broken: half a limit is a wrong limit."""
    out = run_tocsin("replay", PRODERM, "--terms", "30", columns=columns).stdout
    rows = out[out.index("Exposure") : out.index("Records")].splitlines()

    assert max(map(len, rows)) <= columns
    intervals = [row for row in rows if " to " in row and "(" in row]
    found = [piece for row in intervals for piece in re.split(r"  +", row) if " to " in piece]
    assert len(found) > 100 and all(INTERVAL.match(piece) for piece in found)
    for name in ("first, ivig", "tee-general-population", "thromboembolic_related"):
        assert name in out


def test_a_wide_terminal_shows_more():
    """What is left out at 80 columns is there at 160, and the page says how wide is enough."""
    narrow, wide = (run_tocsin("replay", PRODERM, columns=columns).stdout for columns in (80, 160))

    assert "related  patient-years" in wide and "related  patient-years" not in narrow
    assert "columns shows all" in narrow and "columns shows all" not in wide
    assert "…" in narrow and "…" not in wide


def test_a_picture_can_be_drawn_of_it(tmp_path: Path):
    """The README's first screen is what the command prints."""
    picture = tmp_path / "replay.svg"

    done = run_tocsin("replay", write_log(tmp_path, small_log()), "--svg", picture)

    assert done.code == 0 and picture.read_text().startswith("<svg")
    assert run_tocsin("replay", tmp_path / "log.jsonl", "--svg", tmp_path / "no" / "x").code == 2
