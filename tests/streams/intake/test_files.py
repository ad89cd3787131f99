"""A listing through a registered mapping: only what is new is produced, or nothing at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from tests.streams.intake.intakes import AUTHORIZED, Intake, running_intake
from tests.streams.intake.sent_records import STUDY, encoded, plan

MAPPING = """
system = "edc"
dates = ["%d.%m.%Y"]
[arms]
"A" = "act"
"C" = "ctl"
[[file]]
name = "dm"
path = "dm.csv"
record = "subject"
key = ["PAT"]
known_at = ["SEEN"]
fields = { subject = "PAT", randomised_treatment = "ARM", date = "SEEN" }
[[file]]
name = "ae"
path = "ae.csv"
record = "adverse_event"
key = ["PAT", "NR"]
known_at = ["SEEN"]
[file.fields]
subject = "PAT"
preferred_term = "TERM"
system_organ_class = { const = "Nervous system disorders" }
onset = "ONSET"
serious = "SER"
"""

DM = "PAT,ARM,SEEN\nP1,A,01.03.2026\nP2,C,02.03.2026\n"
AE = "PAT,NR,TERM,ONSET,SER,SEEN\nP1,1,Headache,03.03.2026,N,04.03.2026\n"
AE_CHANGED = AE.replace(",N,", ",Y,") + "P2,1,Stroke,05.03.2026,Y,06.03.2026\n"

PATH = f"/v1/studies/{STUDY}/files/"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A folder with the mapping of two listings, and one of a single listing."""
    (tmp_path / "nightly.toml").write_text(MAPPING)
    one = MAPPING.split('[[file]]\nname = "ae"', maxsplit=1)[0]
    (tmp_path / "subjects.toml").write_text(one)
    (tmp_path / "foreign.toml").write_text(f'study = "OTHER"\n{one}')
    (tmp_path / "safety.toml").write_text(MAPPING.replace('"edc"', '"safety"'))
    (tmp_path / "wrong.toml").write_text("[[file]]\nname = 3\n")
    return tmp_path


async def send(intake: Intake, name: str, files: Mapping[str, str]) -> tuple[int, Any]:
    """Send *files* as a form, as `curl -F` does, while a worker folds."""
    form = FormData()
    for each, text in files.items():
        form.add_field(each, text.encode(), filename=each, content_type="text/csv")
    headers = {"Authorization": AUTHORIZED["Authorization"]}
    answer = await intake.http.post(PATH + name, data=form, headers=headers)
    return answer.status, await answer.json()


def sources(intake: Intake) -> list[tuple[str, int]]:
    """Id and version of each record in the log, in order."""
    fields = [json.loads(each or b"")["source"] for each in intake.topics.produced]
    return [(each["id"], each["version"]) for each in fields]


async def test_a_listing_taken_again_produces_only_what_changed(mappings: Path):
    """A changed row is the next version, a new one the first; an equal listing produces none."""
    async with running_intake(mappings=mappings) as intake:
        await intake.post(encoded(plan()))
        await intake.fold()
        status, first = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": AE})
        assert status == 202, first
        await intake.fold()
        before = sources(intake)
        again = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": AE})
        changed = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": AE_CHANGED})
        await intake.fold()

        after = sources(intake)
        assert intake.topics.dead_letters == [], first
    assert (status, first["produced"], first["unchanged"]) == (202, 3, 0), first
    assert first["offsets"] == [{"first": 1, "last": 3}] and len(before) == 4
    assert (again[0], again[1]["produced"], again[1]["unchanged"]) == (202, 0, 3)
    assert (changed[1]["produced"], changed[1]["unchanged"]) == (2, 2)
    assert set(after[4:]) == {("P1.1", 2), ("P2.1", 1)}


async def test_a_refused_row_refuses_the_whole_listing(mappings: Path):
    """File, column, row, reason and remedy are named, and no value."""
    wrong = AE.replace(",N,", ",secret,")
    async with running_intake(mappings=mappings) as intake:
        await intake.post(encoded(plan()))
        await intake.fold()
        status, body = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": wrong})
        broken = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": "PAT\nP1,2\n"})

        assert len(intake.topics.produced) == 1
    (refusal,) = body["refusals"]
    assert (status, refusal["file"], refusal["column"], refusal["rows"]) == (
        422, "ae.csv", "SER", [2],
    )  # fmt: skip
    assert refusal["remedy"] and "secret" not in str(body)
    assert broken[0] == 422 and broken[1]["detail"].startswith("Nothing was produced: ")
    assert "/tmp" not in str(broken)


async def test_a_single_listing_is_sent_as_csv(mappings: Path):
    """Without a form; a mapping of two files needs one."""
    async with running_intake(mappings=mappings) as intake:
        await intake.post(encoded(plan()))
        await intake.fold()
        headers = AUTHORIZED | {"Content-Type": "text/csv"}
        one = await intake.http.post(PATH + "subjects", data=DM, headers=headers)
        two = await intake.http.post(PATH + "nightly", data=DM, headers=headers)

        assert [one.status, two.status] == [202, 422] and len(intake.topics.produced) == 3


@pytest.mark.parametrize(
    ("name", "files", "status"),
    [
        ("nowhere", {"dm.csv": DM}, 404),
        ("..%2Fnightly", {"dm.csv": DM}, 404),
        ("foreign", {"dm.csv": DM}, 404),
        ("wrong", {"dm.csv": DM}, 422),
        ("nightly", {"dm.csv": DM}, 422),
        ("nightly", {"dm.csv": DM, "ae.csv": AE, "../x.csv": AE}, 422),
        ("safety", {"dm.csv": DM, "ae.csv": AE}, 403),
    ],
)
async def test_other_files_than_those_of_the_mapping_are_refused(
    name: str, files: dict[str, str], status: int, mappings: Path
):
    """Nothing is written outside, and nothing is produced."""
    async with running_intake(mappings=mappings) as intake:
        await intake.post(encoded(plan()))
        await intake.fold()
        answered, body = await send(intake, name, files)

        assert (answered, len(intake.topics.produced)) == (status, 1), body
        assert body["detail"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\n\r\n--x--", b"\x00" * 99])
async def test_a_broken_form_is_refused(body: bytes, mappings: Path):
    """400 or 422, never 500."""
    headers = AUTHORIZED | {"Content-Type": "multipart/form-data; boundary=x"}
    async with running_intake(mappings=mappings) as intake:
        answer = await intake.http.post(PATH + "nightly", data=body, headers=headers)
        no_boundary = AUTHORIZED | {"Content-Type": "multipart/form-data"}
        other = await intake.http.post(PATH + "nightly", data=body, headers=no_boundary)

    assert {answer.status, other.status} <= {400, 422}


async def test_a_study_without_a_plan_takes_no_listing(mappings: Path):
    """The plan says which arms there are."""
    async with running_intake(mappings=mappings) as intake:
        status, body = await send(intake, "nightly", {"dm.csv": DM, "ae.csv": AE})

    assert status == 422 and "plan" in body["detail"]


async def test_a_fold_that_is_behind_is_waited_for(mappings: Path):
    """The listing is compared with all that is in the log; the worker folds meanwhile."""
    async with running_intake(mappings=mappings) as intake:
        await intake.post(encoded(plan()))
        sent = asyncio.create_task(send(intake, "nightly", {"dm.csv": DM, "ae.csv": AE}))
        await asyncio.sleep(0.3)
        assert not sent.done()
        await intake.fold()

        assert (await sent)[0] == 202
