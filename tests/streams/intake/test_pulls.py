"""A nudge pulls the configured project, once for many nudges, until its records are in the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.intake.clients import ClientsError
from streams.intake.pulls import RedcapPulls, read_projects
from tests.streams.intake.intakes import Intake, running_intake
from tests.streams.intake.sent_records import STUDY, encoded, plan
from tests.streams.sources.redcap.projects import MAPPING, event
from tests.streams.sources.redcap.server import TOKEN, FakeRedcap, serve

PROJECT = """
[[project]]
study = "{study}"
url = "{url}"
token_file = "token"
mapping = "redcap.toml"
folder = "pulls"
"""

DONE_SECONDS = 60


@pytest.fixture
def redcap() -> Iterator[FakeRedcap]:
    """A project with one case."""
    with serve(FakeRedcap([event()])) as project:
        yield project


def write_projects(folder: Path, url: str) -> Path:
    """Write the file of projects, and what it names."""
    (folder / "token").write_text(TOKEN + "\n")
    (folder / "redcap.toml").write_text(MAPPING)
    (path := folder / "projects.toml").write_text(PROJECT.format(study=STUDY, url=url))
    return path


@asynccontextmanager
async def pulled(redcap: FakeRedcap, folder: Path) -> AsyncGenerator[tuple[Intake, RedcapPulls]]:
    """An intake with a folded plan, and the pulls of the project."""
    async with running_intake() as intake:
        await intake.post(encoded(plan()))
        await intake.fold()
        projects = read_projects(write_projects(folder, redcap.url))
        pulls = RedcapPulls(projects, intake.writer, retry_seconds=0.1)
        yield intake, pulls
        await pulls.close()


async def finish(intake: Intake, pulls: RedcapPulls) -> None:
    """Fold until no pull is in progress."""
    async with asyncio.timeout(DONE_SECONDS):
        while pulls.tasks:
            await intake.fold()
            await asyncio.sleep(0.05)


async def test_many_nudges_are_one_pull_and_one_more_for_those_meanwhile(
    redcap: FakeRedcap, tmp_path: Path
):
    """Each change is pulled by the last pull; what is unchanged is not produced again."""
    async with pulled(redcap, tmp_path) as (intake, pulls):
        assert [pulls.schedule(STUDY) for _ in range(3)] == [True, False, False]
        await asyncio.sleep(0)
        assert [pulls.schedule(STUDY) for _ in range(3)] == [True, False, False]
        await finish(intake, pulls)
        first = len(intake.topics.produced)
        redcap.records = [event(ae_severity="1", ae_modified="9"), event("2", ae_modified="9")]
        pulls.schedule(STUDY)
        await finish(intake, pulls)

        assert (first, len(intake.topics.produced)) == (2, 4)
        assert intake.topics.dead_letters == []
    exports = [each for each in redcap.requests if each["content"] == "metadata"]
    assert len(exports) == 3


async def test_a_pull_that_fails_is_tried_again(
    redcap: FakeRedcap, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """The trigger comes once: the change must not wait for the next one.  No value is logged."""
    redcap.failures = [403, 403]
    async with pulled(redcap, tmp_path) as (intake, pulls):
        pulls.schedule(STUDY)
        await finish(intake, pulls)

        assert len(intake.topics.produced) == 2
    assert "REDCap refuses the token" in caplog.text and TOKEN not in caplog.text


def test_a_study_without_a_project_is_not_pulled(tmp_path: Path):
    """The address to pull from is only in the file."""
    projects = read_projects(write_projects(tmp_path, "https://redcap.example/api/"))
    assert projects.keys() == {STUDY}
    assert projects[STUDY].pull == {
        "url": "https://redcap.example/api/",
        "token_file": str(tmp_path / "token"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[project", "not TOML"),
        ("[[project]]\nstudy = 'S'", "project 1 url: "),
        (PROJECT.format(study="S", url="ftp://x"), "project 1 url: "),
        (2 * PROJECT.format(study="S", url="https://x"), "two projects have one study"),
    ],
)
def test_a_faulty_file_of_projects_is_named(text: str, message: str, tmp_path: Path):
    """With the place and what is expected."""
    (path := tmp_path / "projects.toml").write_text(text)
    with pytest.raises(ClientsError) as raised:
        read_projects(path)
    assert message in str(raised.value) and "projects.toml" in str(raised.value)
