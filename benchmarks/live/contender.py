"""The contenders: the program of each, the packages it needs, and its settings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = str(Path(sys.executable).with_name("tocsin"))
ENVIRONMENTS = Path(__file__).parent / ".venv"
"""Folder of the virtual environments of peer libraries, created at their first use."""

PROGRAMS = "benchmarks.live.contenders"
FAUST = ("faust-streaming==0.15.3", "orjson==3.13.0", "redis[hiredis]==8.1.0")
QUIX = ("quixstreams==3.28.1", "redis[hiredis]==8.1.0")
BYTEWAX = ("bytewax[kafka]==0.21.1", "orjson==3.13.0", "redis[hiredis]==8.1.0")
BARE = ("aiokafka==0.14.0", "orjson==3.13.0", "redis[hiredis]==8.1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A program that folds the log into the store until it is stopped.

    *packages* are installed in the environment named *environment*; the product has none and runs
    from the current installation.  *log* names the log that it reads: the same records, `watched`,
    `unwatched` with plans without watches, or `headers` with CloudEvents headers.  A contender that
    *keeps_versions* does the job of `contenders.versions_job`.  *root* is the checkout whose code
    runs.
    """

    name: str
    title: str
    arguments: tuple[str, ...]
    environment: str = ""
    packages: tuple[str, ...] = ()
    log: str = "watched"
    keeps_versions: bool = False
    root: Path = ROOT

    @property
    def is_product(self) -> bool:
        """Whether it is the product itself."""
        return not self.environment

    @property
    def command(self) -> list[str]:
        """The command line that starts it in its environment."""
        if self.is_product:
            return [TOCSIN, *self.arguments]
        return [str(ENVIRONMENTS / self.environment / "bin" / "python"), "-m", *self.arguments]

    def install(self) -> None:
        """Create its environment, unless one with these packages exists.

        Raises `subprocess.CalledProcessError` where pip fails.
        """
        folder, wanted = ENVIRONMENTS / self.environment, "\n".join(self.packages)
        marker = folder / "installed"
        if self.is_product or (marker.exists() and marker.read_text() == wanted):
            return
        print(f"making the environment of {self.title}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *self.packages], check=True)
        marker.write_text(wanted)  # Last, so that an interrupted installation is repeated.


EVERYTHING = Contender(name="everything", title="Tocsin, everything on", arguments=("run",))
CONTENDERS = (
    Contender(
        name="faust-call",
        title="Faust, a Redis call per event",
        arguments=(f"{PROGRAMS}.faust_call", "worker", "--without-web", "-l", "warn"),
        environment="faust",
        packages=FAUST,
    ),
    Contender(
        name="faust-take",
        title="Faust, `take` and MULTI",
        arguments=(f"{PROGRAMS}.faust_take", "worker", "--without-web", "-l", "warn"),
        environment="faust",
        packages=FAUST,
    ),
    Contender(
        name="quix",
        title="Quix Streams, batching sink",
        arguments=(f"{PROGRAMS}.quix",),
        environment="quix",
        packages=QUIX,
    ),
    Contender(
        name="quix-versions",
        title="Quix Streams, latest versions kept",
        arguments=(f"{PROGRAMS}.quix_versions",),
        environment="quix",
        packages=QUIX,
        keeps_versions=True,
    ),
    Contender(
        name="bytewax",
        title="Bytewax, batched pipeline",
        arguments=("bytewax.run", f"{PROGRAMS}.bytewax_flow:flow"),
        environment="bytewax",
        packages=BYTEWAX,
    ),
    Contender(
        name="bare",
        title="bare aiokafka loop",
        arguments=(f"{PROGRAMS}.bare",),
        environment="bare",
        packages=BARE,
    ),
    Contender(
        name="bare-headers",
        title="bare aiokafka loop, headers",
        arguments=(f"{PROGRAMS}.bare",),
        environment="bare",
        packages=BARE,
        log="headers",
    ),
    Contender(name="counting", title="Tocsin, counting", arguments=("run",), log="unwatched"),
    EVERYTHING,
    Contender(
        name="everything-headers",
        title="Tocsin, everything on, headers",
        arguments=("run",),
        log="headers",
    ),
)
