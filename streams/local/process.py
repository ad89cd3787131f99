"""Starts a server in a folder of its own, knows by a lock whether it lives, ends it by its id."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

POLL_SECONDS = 0.02
LAST_WORDS_BYTES = 2_000


class ServiceFailed(Exception):
    """A server did not start or did not end; the message says why, with its last words."""


@dataclass(slots=True)
class Process:
    """The server of *folder*, whoever started it.

    The server inherits a locked file and so holds the lock for as long as it lives.  A process id
    alone would not do: by now it may belong to a stranger.
    """

    folder: Path
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, command: list[str], *, attended: bool) -> None:
        """Run *command* in the folder; an *attended* server ends with the thread that starts it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a+b") as lock, self.log.open("wb") as log:
            if not locked(lock.fileno()):
                raise ServiceFailed(f"a server already runs in {self.folder}: stop it first")
            self.reaped()
            lock.truncate(0)
            self.child = subprocess.Popen(
                [*(tether() if attended else []), *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C is for us: we end it in good order.
            )
            lock.write(str(self.child.pid).encode())

    @property
    def lock(self) -> Path:
        """The file that the server keeps locked; it says the server's process id."""
        return self.folder / "pid"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.folder / "log"

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        if not self.lock.exists():
            return False
        with self.lock.open("rb") as lock:
            return not locked(lock.fileno())

    @property
    def pid(self) -> int | None:
        """The server's process id while it lives."""
        while self.running:
            if said := self.lock.read_text():
                return int(said)
            time.sleep(POLL_SECONDS)
        return None

    def stop(self, patience: float = 20) -> None:
        """Ask the server to end, wait for it, and after *patience* seconds end it."""
        if not self.end(signal.SIGTERM, patience) and not self.end(signal.SIGKILL, patience):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def kill(self) -> None:
        """End the server as a power cut would."""
        if not self.end(signal.SIGKILL, 20):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def end(self, how: signal.Signals, patience: float) -> bool:
        """Send *how*; whether the server, and what it forked to save itself, is gone in time."""
        if (pid := self.pid) is not None:
            # What it forked to write a file may hold the lock for a moment after it is gone.
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        return wait(lambda: not self.running, patience) and self.reaped()

    def reaped(self) -> bool:
        """Take our child, who has let go of the lock, off the system's table; if it is ours."""
        if self.child is not None:
            self.child.wait()
            self.child = None
        return True

    def last_words(self) -> str:
        """The end of what the server printed."""
        return self.log.read_bytes()[-LAST_WORDS_BYTES:].decode(errors="replace").strip()

    def until(self, answers: Callable[[], bool], patience: float) -> None:
        """Wait until the server *answers*; if it dies first or takes too long, it fails."""
        if wait(lambda: not self.running or answers(), patience) and self.running:
            return
        told = "does not answer" if self.running else "ended at once"
        self.stop()
        raise ServiceFailed(f"the server in {self.folder} {told}: {self.last_words()}")


def on_path(programs: Sequence[str]) -> tuple[str | None, str]:
    """The first of *programs* that is on PATH, or None and the reason with its remedy."""
    found = next((path for name in programs if (path := shutil.which(name))), None)
    return found, f"no {' or '.join(programs)} on PATH: install one"


def wait(until: Callable[[], bool], patience: float) -> bool:
    """Ask again and again, *patience* seconds long; whether the answer was ever yes."""
    deadline = time.monotonic() + patience
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def locked(descriptor: int) -> bool:
    """Take the lock of an open file if nobody holds it; whether it is ours now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def tether() -> list[str]:
    """What to put before a command so that it ends when we are killed; Linux alone can do it."""
    tied = ["setpriv", "--pdeathsig", "TERM"]
    works = shutil.which("setpriv") and subprocess.run([*tied, "true"], check=False).returncode == 0
    return tied if works else []
