"""Pulls REDCap projects: one pull of a project at a time, and one more for nudges meanwhile."""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.intake.clients import ClientsError, describe_fault
from streams.intake.listing_writer import ListingWriter
from streams.intake.listings import ListingRequest
from streams.intake.problems import RequestRefused
from streams.kafka.sender import Undelivered
from streams.records.models import Identifier
from streams.worker.public_errors import public_message

logger = logging.getLogger("tocsin.intake")

RETRY_SECONDS = 60.0
"""A pull that fails is tried again after so long, until one succeeds."""


class ProjectTable(BaseModel):
    """One [[project]] of the file; paths are relative to it."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    study: Identifier
    url: Annotated[str, Field(pattern="^https?://")]
    token_file: str
    mapping: str
    folder: str


class ProjectsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    project: list[ProjectTable]


@dataclass(slots=True)
class RedcapPulls:
    """Pulls *projects* by study when they are scheduled.

    *waiting* are studies whose pull has not begun; *tasks* are those that are being pulled.
    """

    projects: Mapping[str, ListingRequest]
    writer: ListingWriter
    retry_seconds: float = RETRY_SECONDS
    waiting: set[str] = field(default_factory=set[str])
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"])

    def has_project(self, study: str) -> bool:
        """Return whether *study* has a project."""
        return study in self.projects

    def schedule(self, study: str) -> bool:
        """Schedule a pull; return False where one that has not begun is scheduled already."""
        if study in self.waiting:
            return False
        self.waiting.add(study)
        if study not in self.tasks:
            self.tasks[study] = asyncio.create_task(self._pull_waiting(study))
        return True

    async def close(self) -> None:
        """Stop pulls in progress; nothing of them is lost, since the next one begins before."""
        for each in self.tasks.values():
            each.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _pull_waiting(self, study: str) -> None:
        """Pull until no nudge has come since the last pull began, and that pull succeeded."""
        try:
            while study in self.waiting:
                self.waiting.discard(study)
                if not await self._pull(study):
                    self.waiting.add(study)
                    await asyncio.sleep(self.retry_seconds)
        finally:
            del self.tasks[study]

    async def _pull(self, study: str) -> bool:
        """Pull a project, and return whether its records are in the log."""
        try:
            answer = await self.writer.take_listing(self.projects[study], None)
        except RequestRefused as refused:
            reasons = ", ".join(each.reason for each in refused.refusals)
            logger.warning("A pull of REDCap is refused: %s %s", refused.detail, reasons)
            return False
        except Undelivered as error:
            logger.warning("Records pulled from REDCap are not confirmed: %s.", error)
            return False
        except Exception as error:
            logger.error("A pull of REDCap failed: %s.", public_message(error))
            return False
        logger.info("%d records pulled from REDCap.", answer.produced)
        return True


def read_projects(path: Path) -> dict[str, ListingRequest]:
    """Read the [[project]] tables of the file at *path*, by study.  Raises ClientsError."""
    try:
        tables = ProjectsFile.model_validate(tomllib.loads(path.read_text("utf-8"))).project
    except OSError as error:
        raise ClientsError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ClientsError(f"{path} is not TOML: {type(error).__name__}") from None
    except ValidationError as error:
        raise ClientsError(f"{path}, {describe_fault(error)}") from None
    if len(found := {each.study: project_request(each, path.parent) for each in tables}) != len(
        tables
    ):
        raise ClientsError(f"{path}: two projects have one study")
    return found


def project_request(table: ProjectTable, folder: Path) -> ListingRequest:
    """Return the request that pulls a project into its folder and reads it."""
    return ListingRequest(
        format="redcap",
        folder=folder / table.folder,
        mapping=folder / table.mapping,
        study=table.study,
        plan="",
        pull={"url": table.url, "token_file": str(folder / table.token_file)},
    )
