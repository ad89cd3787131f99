"""Error messages of open logs and exits do not quote a record."""

from __future__ import annotations

import pytest

from streams.log import LogUnreachable
from streams.worker.public_errors import public_message, traceback_text
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import daemon_errors

ARM = "".join(["iv", "ig"])


def look_up(name: str) -> int:
    """Raise a KeyError whose message has *name*."""
    return dict[str, int]()[name]


def test_the_message_of_an_unexpected_error_is_not_quoted():
    """Type and source lines suffice for a bug report; the message may name a treatment."""
    with pytest.raises(KeyError, match=ARM) as caught:
        look_up(ARM)
    error = caught.value

    assert public_message(error).startswith("KeyError at look_up:")
    assert "dict[str, int]()[name]" in traceback_text(error)
    assert ARM not in public_message(error) + traceback_text(error)


def test_the_message_of_a_public_error_is_shown():
    """Messages of PUBLIC_ERRORS never have a value of a record."""
    assert public_message(LogUnreachable("no broker at 127.0.0.1:1")) == "no broker at 127.0.0.1:1"


def test_a_process_that_ends_with_a_bug_does_not_quote_its_message():
    """Blinded people may read stderr; the exit code is that of an internal error."""
    with pytest.raises(Stop) as caught, daemon_errors():
        look_up(ARM)

    assert caught.value.code is Exit.INTERNAL
    assert "KeyError at look_up:" in str(caught.value) and ARM not in str(caught.value)
