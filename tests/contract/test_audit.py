"""Tests of the audit log: commands that read unblinded data or change anything leave entries."""

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
    """Kafka and Redis, with the log produced and nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as prepared:
        yield prepared


async def audit_entries(services: Services) -> list[bytes]:
    """Return the values of the audit topic."""
    log = KafkaLog(services.broker, AUDIT, 0)
    try:
        return [record.value or b"" async for record in records_of(log)]
    finally:
        await log.close()


async def parsed_entries(services: Services) -> list[dict[str, Any]]:
    return [json.loads(entry) for entry in await audit_entries(services)]


def write_entries(folder: Path, lines: list[bytes]) -> str:
    path = folder / "audit.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return str(path)


async def test_commands_that_read_or_change_leave_chained_entries(services: Services):
    """Entries name the user, the command, the outcome and the reason; `verify` accepts them."""
    await services.fold_all()
    for arguments in (
        ("verify", "--partition", STUDY_PARTITION),
        ("replay", "--topic", "--json"),
        ("quarantine", "list"),
        ("quarantine", "release", STUDY_PARTITION, "--through", "0"),
        ("rebuild", "--partition", STUDY_PARTITION),
    ):
        result = tocsin(*arguments, BROKER=services.broker, STORE=services.store, WHY="a look")
        assert result.returncode == 0, result.stderr
    assert services.tocsin("quarantine", "show", STUDY_PARTITION, "77").returncode == 2

    entries = await parsed_entries(services)

    summaries = [(each["act"], each["outcome"], each["what"].split()[1]) for each in entries]
    assert summaries == [
        ("read", "done", "verify"),
        ("read", "done", "replay"),
        ("read", "done", "quarantine"),
        ("change", "done", "quarantine"),
        ("change", "done", "rebuild"),
        ("read", "done", "quarantine"),
        ("read", "refused", "quarantine"),
    ]
    assert all(each["why"] == "a look" for each in entries[:5]) and all(
        each["who"] for each in entries
    )
    assert entries[0]["where"] == {"space": "live"} and entries[-1]["where"]["exit"] == 2
    result = services.tocsin("verify", "--audit")
    assert result.returncode == 0, result.stderr
    assert "audit: 7 entries, 7 chains: intact" in result.stdout


async def test_tampering_with_the_audit_log_is_detected(services: Services, tmp_path: Path):
    """An altered, removed or reordered entry is exit code 3; a mark detects a truncated end."""
    for _ in range(3):
        assert services.tocsin("quarantine", "list").returncode == 0
    lines = await audit_entries(services)
    mark = services.tocsin("verify", "--audit").stdout.split()[-1]
    command = ("verify", "--audit", "--mark", mark, "--audit-file")
    assert services.tocsin(*command, write_entries(tmp_path, lines)).returncode == 0

    for tampered, expected in (
        ([lines[0], lines[1].replace(b'"who":"', b'"who":"x'), lines[2]], "offset 1: tocsin-"),
        (
            [lines[0], forged_entry(lines[1], who="nobody"), lines[2]],
            "offset 1: the entry was altered",
        ),
        ([lines[0], lines[2]], "offset 1: an entry before tocsin-"),
        ([lines[1], lines[0], lines[2]], "offset 0: an entry before tocsin-"),
        (lines[:2], "offset 2: what was kept in mind up to 2 is missing"),
    ):
        result = services.tocsin(*command, write_entries(tmp_path, tampered))
        assert result.returncode == 3 and expected in result.stderr, (
            expected,
            result.stdout,
            result.stderr,
        )
        json_result = services.tocsin(*command, write_entries(tmp_path, tampered), "--json")
        assert json_result.returncode == 3 and json.loads(json_result.stdout)["faults"]


async def test_without_an_audit_topic_nothing_is_read_or_changed(services: Services, admin: Any):
    """Without the audit topic commands exit with 4, name the topic and print nothing."""
    await services.fold_all()
    before = await services.rows()
    admin.delete_topics([AUDIT])

    for arguments in (
        ("verify",),
        ("replay", "--topic", "--json"),
        ("quarantine", "list"),
        ("rebuild",),
    ):
        result = services.tocsin(*arguments)
        assert (result.returncode, result.stdout) == (4, ""), arguments
        assert AUDIT in result.stderr and "nothing is shown or changed" in result.stderr
    assert await services.rows() == before


def test_creating_topics_leaves_an_entry(services: Services, admin: Any):
    """The audit topic is among them; a second `apply` changes nothing and leaves no entry."""
    admin.delete_topics([AUDIT])
    assert services.tocsin("topics", "apply").returncode == 0
    assert services.tocsin("topics", "apply").returncode == 0

    report = json.loads(services.tocsin("verify", "--audit", "--json").stdout)
    assert (report["entries"], report["faults"]) == (1, [])


@pytest.mark.parametrize("arguments", [("run",), ("verify",), ("rebuild",), ("store", "apply")])
def test_production_without_audit_does_not_start(arguments: tuple[str, ...]):
    """With signed plans, TOCSIN_AUDIT=off is exit code 2, and the setting is named."""
    result = tocsin(*arguments, AUDIT="off", PLAN_KEYS_FILE="keys")

    assert (result.returncode, result.stdout) == (2, "")
    assert "TOCSIN_AUDIT: with signed plans, or a broker on another machine" in result.stderr


def test_audit_flags_are_refused_where_they_do_not_apply():
    """`--mark` needs `--audit` and a printed mark; `--audit` needs TOCSIN_AUDIT to be on."""
    for arguments, expected in (
        (("--mark", "0:1"), "need --audit"),
        (("--audit", "--mark", "0:1"), "--mark 0:1"),
    ):
        result = tocsin("verify", *arguments)
        assert result.returncode == 2 and expected in result.stderr
    result = tocsin("verify", "--audit", AUDIT="off")
    assert result.returncode == 2 and "TOCSIN_AUDIT is off" in result.stderr


def test_a_missing_audit_file_is_a_usage_error(tmp_path: Path):
    """Exit code 2, as for any unreadable file, and the option or setting that names the file."""
    missing = tmp_path / "gone.jsonl"
    for arguments, audit, expected in (
        (("--audit-file", str(missing)), "topic", "Name an existing copy"),
        (("--audit-file", str(tmp_path)), "topic", "Name an existing copy"),
        ((), f"file:{missing}", "TOCSIN_AUDIT names it"),
    ):
        result = tocsin("verify", "--audit", *arguments, AUDIT=audit)
        assert (result.returncode, result.stdout) == (2, ""), result
        assert "cannot be read: " in result.stderr and expected in result.stderr
