"""Commands that look at arms, or change what is set up, leave an entry; with real services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.topics import AUDIT
from streams.local.kafka_server import KafkaServer
from streams.log import records_of
from streams.log.kafka import KafkaLog
from tests.contract.backing_services import STUDY_PARTITIONS, Services, running_services
from tests.contract.commands import tocsin
from tests.streams.audit.trail_builders import forged_entry

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = str(STUDY_PARTITIONS["S"])


@pytest.fixture
def services(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[Services]:
    """Kafka and Redis, the log produced, nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as made:
        yield made


async def audit_entries(ground: Services) -> list[bytes]:
    """What is on the topic of the audit."""
    log = KafkaLog(ground.broker, AUDIT, 0)
    try:
        return [record.value or b"" async for record in records_of(log)]
    finally:
        await log.close()


async def parsed_entries(ground: Services) -> list[dict[str, Any]]:
    return [json.loads(entry) for entry in await audit_entries(ground)]


def write_entries(folder: Path, lines: list[bytes]) -> str:
    path = folder / "audit.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return str(path)


async def test_what_reads_or_changes_is_noted_and_the_chain_holds(services: Services):
    """Who, when, which command and why; each before anything is shown."""
    await services.fold_all()
    for words in (
        ("verify", "--partition", STUDY_PARTITION),
        ("replay", "--topic", "--json"),
        ("quarantine", "list"),
        ("quarantine", "release", STUDY_PARTITION, "--through", "0"),
        ("rebuild", "--partition", STUDY_PARTITION),
    ):
        done = tocsin(*words, BROKER=services.broker, STORE=services.store, WHY="a look")
        assert done.returncode == 0, done.stderr
    assert services.tocsin("quarantine", "show", STUDY_PARTITION, "77").returncode == 2

    found = await parsed_entries(services)

    said = [(each["act"], each["outcome"], each["what"].split()[1]) for each in found]
    assert said == [
        ("read", "done", "verify"),
        ("read", "done", "replay"),
        ("read", "done", "quarantine"),
        ("change", "done", "quarantine"),
        ("change", "done", "rebuild"),
        ("read", "done", "quarantine"),
        ("read", "refused", "quarantine"),
    ]
    assert all(each["why"] == "a look" for each in found[:5]) and all(each["who"] for each in found)
    assert found[0]["where"] == {"space": "live"} and found[-1]["where"]["exit"] == 2
    done = services.tocsin("verify", "--audit")
    assert done.returncode == 0, done.stderr
    assert "audit: 7 entries, 7 chains: whole" in done.stdout


async def test_a_trail_that_was_tampered_with_is_named(services: Services, tmp_path: Path):
    """Altered, taken out, reordered or cut: exit code 3, and which entry; a mark sees the rest."""
    for _ in range(3):
        assert services.tocsin("quarantine", "list").returncode == 0
    lines = await audit_entries(services)
    mark = services.tocsin("verify", "--audit").stdout.split()[-1]
    whole = ("verify", "--audit", "--mark", mark, "--audit-file")
    assert services.tocsin(*whole, write_entries(tmp_path, lines)).returncode == 0

    for spoilt, says in (
        ([lines[0], lines[1].replace(b'"who":"', b'"who":"x'), lines[2]], "offset 1: tocsin-"),
        (
            [lines[0], forged_entry(lines[1], who="nobody"), lines[2]],
            "offset 1: the entry was altered",
        ),
        ([lines[0], lines[2]], "offset 1: an entry before tocsin-"),
        ([lines[1], lines[0], lines[2]], "offset 0: an entry before tocsin-"),
        (lines[:2], "offset 2: what was kept in mind up to 2 is missing"),
    ):
        done = services.tocsin(*whole, write_entries(tmp_path, spoilt))
        assert done.returncode == 3 and says in done.stderr, (says, done.stdout, done.stderr)
        told = services.tocsin(*whole, write_entries(tmp_path, spoilt), "--json")
        assert told.returncode == 3 and json.loads(told.stdout)["faults"]


async def test_what_cannot_be_noted_is_not_shown(services: Services, admin: Any):
    """No topic of the audit: nothing is read, nothing is changed, and it is said."""
    await services.fold_all()
    before = await services.rows()
    admin.delete_topics([AUDIT])

    for words in (
        ("verify",),
        ("replay", "--topic", "--json"),
        ("quarantine", "list"),
        ("rebuild",),
    ):
        done = services.tocsin(*words)
        assert (done.returncode, done.stdout) == (4, ""), words
        assert AUDIT in done.stderr and "nothing is shown or changed" in done.stderr
    assert await services.rows() == before


def test_topics_that_are_made_are_noted(services: Services, admin: Any):
    """The audit itself is among them; what is as it was is no news."""
    admin.delete_topics([AUDIT])
    assert services.tocsin("topics", "apply").returncode == 0
    assert services.tocsin("topics", "apply").returncode == 0

    told = json.loads(services.tocsin("verify", "--audit", "--json").stdout)
    assert (told["entries"], told["faults"]) == (1, [])


@pytest.mark.parametrize("words", [("run",), ("verify",), ("rebuild",), ("store", "apply")])
def test_production_without_audit_does_not_start(words: tuple[str, ...]):
    """With signed plans, or a broker on another machine: exit code 2 names the setting."""
    done = tocsin(*words, AUDIT="off", PLAN_KEYS_FILE="keys")

    assert (done.returncode, done.stdout) == (2, "")
    assert "TOCSIN_AUDIT: with signed plans, or a broker on another machine" in done.stderr


def test_flags_of_the_audit_are_for_the_audit():
    """And a mark is one that was printed; where nothing is kept there is nothing to look at."""
    for words, says in (
        (("--mark", "0:1"), "are for --audit"),
        (("--audit", "--mark", "0:1"), "--mark 0:1"),
    ):
        done = tocsin("verify", *words)
        assert done.returncode == 2 and says in done.stderr
    done = tocsin("verify", "--audit", AUDIT="off")
    assert done.returncode == 2 and "TOCSIN_AUDIT is off" in done.stderr


def test_an_audit_that_is_not_there_is_a_wrong_name(tmp_path: Path):
    """Exit code 2, as for any file that cannot be read, and what to name instead."""
    gone = tmp_path / "gone.jsonl"
    for words, audit, says in (
        (("--audit-file", str(gone)), "topic", "Name the file that holds the copy"),
        (("--audit-file", str(tmp_path)), "topic", "Name the file that holds the copy"),
        ((), f"file:{gone}", "TOCSIN_AUDIT names it"),
    ):
        done = tocsin("verify", "--audit", *words, AUDIT=audit)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert "cannot be read: " in done.stderr and says in done.stderr
