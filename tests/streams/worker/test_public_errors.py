"""What ends or holds up a process is said without the words of a record."""

from __future__ import annotations

import pytest

from streams.log import LogUnreachable
from streams.worker.public_errors import public_message, traceback_text
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import daemon_errors

ARM = "".join(["iv", "ig"])


def look_up(name: str) -> int:
    """Raises as a dictionary does: with the name."""
    return dict[str, int]()[name]


def test_of_an_error_that_nobody_foresaw_nothing_is_quoted():
    """Its kind and its lines of code are enough to mend it; its message may name a treatment."""
    with pytest.raises(KeyError, match=ARM) as caught:
        look_up(ARM)
    error = caught.value

    assert public_message(error).startswith("KeyError at look_up:")
    assert "dict[str, int]()[name]" in traceback_text(error)
    assert ARM not in public_message(error) + traceback_text(error)


def test_an_error_of_ours_says_what_is_the_matter():
    """Such messages are written to be read by anybody."""
    assert public_message(LogUnreachable("no broker at 127.0.0.1:1")) == "no broker at 127.0.0.1:1"


def test_a_process_that_ends_by_a_fault_of_ours_does_not_quote_it():
    """The last line on stderr is an open one; exit code 1."""
    with pytest.raises(Stop) as caught, daemon_errors():
        look_up(ARM)

    assert caught.value.code is Exit.INTERNAL
    assert "KeyError at look_up:" in str(caught.value) and ARM not in str(caught.value)
