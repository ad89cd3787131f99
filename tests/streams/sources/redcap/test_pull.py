"""Pulls records from a local server that behaves as REDCap does, and as servers do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.sources.redcap.api import ATTEMPTS, RedcapApi
from streams.sources.redcap.pull import (
    PAGE_RECORDS,
    TimeRange,
    pull_records,
    range_since_last_pull,
)
from streams.sources.report import UnreadableSource
from tests.streams.sources.redcap.projects import event
from tests.streams.sources.redcap.server import TOKEN, Failure, FakeRedcap, serve

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
SUBJECTS = 2 * PAGE_RECORDS + 1


def records(count: int = 2) -> list[dict[str, str]]:
    """Two events of each of *count* subjects."""
    return [event(instance, f"P-{number:03}") for number in range(count) for instance in ("1", "2")]


def pull(project: FakeRedcap, folder: Path, token: str = TOKEN, since: TimeRange | None = None):
    """The pulled file of *project*."""
    with serve(project):
        api = RedcapApi(url=project.url, token=token, wait_seconds=0.001)
        return pull_records(api, folder, since or TimeRange(), now=NOW)


def refusal(
    folder: Path, *failures: Failure, token: str = TOKEN, subjects: int = 2
) -> tuple[str, FakeRedcap]:
    """The message with which a pull ends, and the project, after no file was left."""
    project = FakeRedcap(records(subjects), list(failures))
    with pytest.raises(UnreadableSource) as caught:
        pull(project, folder, token)
    assert list(folder.iterdir()) == []
    assert token not in str(caught.value)
    return str(caught.value), project


def test_all_pages_are_in_one_file(tmp_path: Path):
    """The file is named for the time of the pull, and only its owner can read it."""
    project = FakeRedcap(records(SUBJECTS))

    path = pull(project, tmp_path)

    assert path.name == "pull-20260309T120000Z.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == project.records
    assert len(project.requests) == 2 + 3


def test_a_pull_asks_for_what_changed_since_the_last_one(tmp_path: Path):
    """A day before it, because the server reads the time in its own time zone."""
    project = FakeRedcap([event(), event(record="P-2", ae_modified="2026-03-09")])
    (tmp_path / "pull-20260309T060000Z.json").write_text("[]")

    path = pull(project, tmp_path, since=range_since_last_pull(tmp_path))

    assert project.requests[1]["dateRangeBegin"] == "2026-03-08 06:00:00"
    assert [each["record_id"] for each in json.loads(path.read_text())] == ["P-2"]


def test_the_first_pull_has_no_bound(tmp_path: Path):
    """It is the whole study."""
    assert range_since_last_pull(tmp_path) == TimeRange()


@pytest.mark.parametrize("failure", [500, 502, 429, "half", "cut", "page"])
def test_a_failure_is_tried_again(tmp_path: Path, failure: int | str):
    """A server that restarts, an answer that breaks off: the next attempt may succeed."""
    project = FakeRedcap(records(), [failure, failure])

    path = pull(project, tmp_path)

    assert json.loads(path.read_text()) == project.records
    assert len(project.requests) == 3 + 2


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (500, "REDCap fails"),
        ("half", "its answer broke off"),
        ("cut", "something else than whole JSON"),
        ("page", "something else than whole JSON"),
    ],
)
def test_a_failure_that_stays_leaves_no_file(tmp_path: Path, failure: int | str, message: str):
    """Half a study must not be read as a whole one."""
    text, project = refusal(tmp_path, *[failure] * ATTEMPTS)

    assert message in text
    assert len(project.requests) == ATTEMPTS


def test_a_failure_on_the_second_page_leaves_no_file(tmp_path: Path):
    """The first page is not a smaller study."""
    text, project = refusal(tmp_path, None, None, None, *[500] * ATTEMPTS, subjects=SUBJECTS)

    assert "REDCap fails" in text
    assert len(project.requests) == 3 + ATTEMPTS


def test_a_refused_token_is_not_tried_again(tmp_path: Path):
    """The message says what to check, and never the token."""
    text, project = refusal(tmp_path, token="F" * 32)

    assert "refuses the token" in text
    assert len(project.requests) == 1


@pytest.mark.parametrize(
    ("status", "message"), [(302, "redirection"), (400, "refuses the request")]
)
def test_other_refusals_are_final(tmp_path: Path, status: int, message: str):
    """A redirection would carry the token elsewhere."""
    text, project = refusal(tmp_path, status)

    assert message in text
    assert len(project.requests) == 1


def test_a_server_that_is_not_there(tmp_path: Path):
    """The port is closed."""
    api = RedcapApi(url="http://127.0.0.1:9/api/", token=TOKEN, wait_seconds=0.001)

    with pytest.raises(UnreadableSource, match="does not answer"):
        pull_records(api, tmp_path, TimeRange(), now=NOW)


@pytest.mark.parametrize("url", ["http://redcap.example.org/api/", "redcap.example.org", ""])
def test_a_token_does_not_travel_in_clear(url: str):
    """Only loopback may be asked without TLS."""
    with pytest.raises(UnreadableSource, match="https://"):
        RedcapApi(url=url, token=TOKEN)


def test_the_token_is_in_no_representation():
    """A traceback or a log line that shows the client does not show it."""
    assert TOKEN not in repr(RedcapApi(url="https://redcap.example.org/api/", token=TOKEN))
