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
from tests.scenarios.commands import ESCAPE, SECONDS_MAX, small, tocsin, variables, written

PRODERM = ROOT / "studies" / "proderm" / "log.jsonl"
INTERVAL = re.compile(r"^(-|inf|-?[\d,.]+) \((-?[\d,.]+) to (inf|-?[\d,.]+)\)")


def on_a_terminal(*words: str | Path, **environment: str) -> str:
    """What the command shows a person: stdout is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tocsin", *map(str, words)]
    env = variables(100, TERM="xterm-256color", **environment)
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=theirs, stderr=subprocess.PIPE) as run:
        os.close(theirs)
        shown = b"".join(iter(lambda: read(ours), b""))
        assert run.wait(SECONDS_MAX) == 0
    os.close(ours)
    return shown.decode()


def read(terminal: int) -> bytes:
    """What is there to read; Linux reports the end of a terminal as an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def first_line(*words: str) -> tuple[int, bytes, bytes]:
    """How the command ends, and what it said, when who reads stops after one line."""
    command = [sys.executable, "-m", "tocsin", *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        line = run.stdout.readline()
        run.stdout.close()
        errors = run.stderr.read()
        return run.wait(SECONDS_MAX), line, errors


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_reader_that_stops_ends_the_command_quietly(flags: list[str]):
    """`tocsin replay LOG | head -1` is no accident; the code is that of any program in a pipe."""
    code, line, errors = first_line("replay", str(PRODERM), *flags)

    assert line and (code, errors) == (141, b"")


def test_a_terminal_is_shown_colours(tmp_path: Path):
    """The tables are for people; a signal is red."""
    assert ESCAPE in on_a_terminal("replay", written(tmp_path, small()))


def test_no_color_gives_no_escape_codes(tmp_path: Path):
    """Neither colour nor bold: some terminals, and some people, cannot read them."""
    shown = on_a_terminal("replay", written(tmp_path, small()), NO_COLOR="1")

    assert "SIGNAL" in shown and ESCAPE not in shown


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["tables", "json"])
def test_a_pipe_gives_no_escape_codes(tmp_path: Path, flags: list[str]):
    """What is stored in a file is text."""
    done = tocsin("replay", written(tmp_path, [*small(), b"{"]), *flags)

    assert ESCAPE not in done.out + done.err


def test_a_term_cannot_steer_the_terminal(tmp_path: Path):
    """Text from a log is data: an escape code in it is shown, not obeyed."""
    lines = small()
    lines[4]["preferred_term"] = f"{ESCAPE}[2J[bold]DVT"

    done = tocsin("replay", written(tmp_path, lines))

    assert ESCAPE not in done.out + done.err


def test_stdout_holds_data_and_stderr_the_rest(tmp_path: Path):
    """A program that reads the lines never meets a sentence."""
    done = tocsin("replay", written(tmp_path, [*small(), b"{", b"["]), "--json", "--strict")

    assert [line["type"] for line in done.lines] == ["alert", "alert", "result"]
    assert "not_json" in done.err and "(--strict)" in done.err and '"type"' not in done.err


def test_the_lines_are_utf_8_whatever_the_locale(tmp_path: Path):
    """A term in Greek must not end a nightly job."""
    lines = small()
    lines[4]["preferred_term"] = "Θρόμβωση"
    log = written(tmp_path, lines)

    for flags in ([], ["--json"]):
        done = tocsin("replay", log, *flags, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert done.code == 0, done.err
    assert "Θρόμβωση" in done.out


@pytest.mark.parametrize("columns", [80, 120, 160])
def test_tables_fit_the_terminal_and_keep_numbers_whole(columns: int):
    """Columns are left out rather than numbers broken: half a limit is a wrong limit."""
    out = tocsin("replay", PRODERM, "--terms", "30", columns=columns).out
    rows = out[out.index("Exposure") : out.index("Records")].splitlines()

    assert max(map(len, rows)) <= columns
    intervals = [row for row in rows if " to " in row and "(" in row]
    found = [piece for row in intervals for piece in re.split(r"  +", row) if " to " in piece]
    assert len(found) > 100 and all(INTERVAL.match(piece) for piece in found)
    for name in ("first, ivig", "tee-general-population", "thromboembolic_related"):
        assert name in out


def test_a_wide_terminal_shows_more():
    """What is left out at 80 columns is there at 160, and the page says how wide is enough."""
    narrow, wide = (tocsin("replay", PRODERM, columns=columns).out for columns in (80, 160))

    assert "related  patient-years" in wide and "related  patient-years" not in narrow
    assert "columns wide shows all" in narrow and "columns wide shows all" not in wide
    assert "…" in narrow and "…" not in wide


def test_a_picture_can_be_drawn_of_it(tmp_path: Path):
    """The README's first screen is what the command prints."""
    picture = tmp_path / "replay.svg"

    done = tocsin("replay", written(tmp_path, small()), "--svg", picture)

    assert done.code == 0 and picture.read_text().startswith("<svg")
    assert tocsin("replay", tmp_path / "log.jsonl", "--svg", tmp_path / "no" / "x").code == 2
