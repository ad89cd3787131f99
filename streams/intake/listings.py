"""Runs the program that converts a listing, and returns its records and its report."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from streams.intake.answers import FileFinding
from streams.intake.listing_program import LOG_NAME
from streams.local.process import end_with_parent

PROGRAM = "streams.intake.listing_program"
CONVERT_SECONDS = 300
PROCESSES_MAX = 2


class ConversionFailed(Exception):
    """The program ended without an answer, or took too long; nothing was produced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRequest:
    """A listing in *folder*, of the *format* csv or redcap, read by *mapping*.

    *plan* is the monitoring plan in force.  *pull* has the address and the token file from which
    the folder is completed first.
    """

    format: str
    folder: Path
    mapping: Path
    study: str
    plan: str
    pull: Mapping[str, str] | None = None

    def fields(self, work: Path) -> dict[str, Any]:
        """Return the request as the program reads it; it writes to the folder *work*."""
        return {
            "format": self.format,
            "folder": str(self.folder),
            "mapping": str(self.mapping),
            "study": self.study,
            "plan": self.plan,
            "pull": self.pull,
            "work": str(work),
        }


@dataclass(frozen=True, slots=True)
class ConvertedListing:
    """The records of a listing in the file *log*, and what was found; or what was refused.

    *failure* says why the listing cannot be read at all, or is empty.
    """

    log: Path
    failure: str
    findings: Sequence[FileFinding]
    refusals: Sequence[FileFinding]

    @property
    def refused(self) -> bool:
        """Whether nothing may be produced."""
        return bool(self.failure or self.refusals)

    def lines(self) -> Iterator[bytes]:
        """Yield the records in their order."""
        with self.log.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")


@dataclass(frozen=True, slots=True)
class ListingConverter:
    """Converts at most ``PROCESSES_MAX`` listings at once; a further one waits."""

    seconds: float = CONVERT_SECONDS
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PROCESSES_MAX))

    async def run_program(self, request: ListingRequest, work: Path) -> ConvertedListing:
        """Return the converted listing, with its log in *work*.  Raises ConversionFailed."""
        async with self.free:
            output = await self._answer(orjson.dumps(request.fields(work)))
        groups = [
            (each.pop("refused"), FileFinding.model_validate(each)) for each in output["groups"]
        ]
        return ConvertedListing(
            log=work / LOG_NAME,
            failure=output["failure"],
            findings=[each for refused, each in groups if not refused],
            refusals=[each for refused, each in groups if refused],
        )

    async def _answer(self, request: bytes) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(*end_with_parent(), sys.executable, "-m", PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # A traceback may quote a value.
        )
        try:
            async with asyncio.timeout(self.seconds):
                output, _ = await process.communicate(request)
        except TimeoutError:
            raise ConversionFailed(f"took longer than {self.seconds:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise ConversionFailed(f"ended with code {process.returncode}")
        return orjson.loads(output)
