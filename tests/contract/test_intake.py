"""`tocsin intake` on a real broker, store and worker: answers, receipts, restarts and outages."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka.topics import LOG
from streams.local.kafka_server import KafkaServer
from streams.local.redis_server import RedisServer
from tests.contract.commands import tocsin
from tests.contract.intakes import NDJSON, PARTITION, STUDY, IntakeSite, running_intake
from tests.contract.workers import WorkerSite
from tests.streams.intake.sent_records import encoded, lines, plan, record, subject

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def intake(site: WorkerSite, tmp_path: Path) -> Iterator[IntakeSite]:
    """A running intake beside a site for workers."""
    with running_intake(IntakeSite(site.broker, site.store, tmp_path)) as started:
        yield started


def test_what_is_answered_is_in_the_log_and_folded(site: WorkerSite, intake: IntakeSite):
    """Partition and offset are those of the log; a wait answers with what the worker made of it."""
    sent = [encoded(each) for each in (plan(), subject(1), subject(2))]
    status, body, _ = intake.post(b"\n".join(sent), **NDJSON)
    stored = {each.offset: each for each in site.topic_records(LOG)}

    assert status == 202
    assert [stored[each["offset"]].value for each in body["accepted"]] == sent
    assert {stored[each["offset"]].partition for each in body["accepted"]} == {PARTITION}
    with site.running():
        site.wait_folded(PARTITION, 2)
        conflict = subject(1, site="S-2")
        unknown = subject(3, randomised_treatment="none")
        status, body, headers = intake.post(
            lines(subject(2), conflict, unknown), **NDJSON, Prefer="wait=10"
        )
        outcomes = [each["outcome"] for each in body["accepted"]]
        assert (status, outcomes) == (200, ["accepted", "conflict", "refused"])
        assert headers["Preference-Applied"] == "wait=10"
        letters = site.tocsin("quarantine", "list")
        path = f"/v1/studies/{STUDY}/receipts/{body['accepted'][2]['receipt']}"
        receipt = intake.request("GET", path)[1]
    assert receipt["refusal"]["reason"] == "unknown_treatment"
    assert letters.stdout.count(f"{LOG}:{PARTITION}:") == 2


def test_a_quarantined_line_is_listed_for_the_operator(site: WorkerSite, intake: IntakeSite):
    """With its study, its client and the reason; the log has only the good line."""
    body = lines(subject(1), record("tik", 2))
    status, _, _ = intake.post(body, **NDJSON, Prefer="handling=lenient")
    listed = site.tocsin("quarantine", "list")

    assert status == 202 and [each.value for each in site.topic_records(LOG)] == [
        encoded(subject(1))
    ]
    assert listed.stdout.startswith("intake:") and listed.returncode == 0
    assert f" from edc for {STUDY}: unknown_type: " in listed.stdout


def test_metrics_and_probes_are_served_and_sigterm_ends_it_in_order(intake: IntakeSite):
    """The open page counts answers and lines; exit code 0."""
    intake.post(encoded(subject(1)))
    intake.post(b"[]")
    with urllib.request.urlopen(f"http://127.0.0.1:{intake.ports[2]}/metrics") as answer:
        page = answer.read().decode()

    assert 'safety_intake_requests_total{route="records",status="202"} 1.0' in page
    assert f'safety_intake_lines_total{{result="refused",study="{STUDY}"}} 1.0' in page
    assert intake.process.stop() == 0
    assert intake.process.output.count("\n") == 1


def test_a_store_that_is_gone_stops_no_record(site: WorkerSite, tmp_path: Path):
    """The record is in the log; what the fold made of it is not known yet."""
    (tmp_path / "gone").mkdir()
    settings = IntakeSite(site.broker, "redis://127.0.0.1:1/0", tmp_path)
    with running_intake(settings) as intake:
        status, body, _ = intake.post(encoded(plan()), Prefer="wait=2")
        path = f"/v1/studies/{STUDY}/receipts/{body['accepted'][0]['receipt']}"
        asked, problem, headers = intake.request("GET", path)

    assert (status, body["accepted"][0]["outcome"]) == (202, "pending")
    assert asked == 503 and int(headers["Retry-After"]) > 0 and "not affected" in problem["detail"]


@pytest.mark.campaign
def test_a_broker_that_is_gone_is_answered_and_comes_back(
    kafka_libs: Path, redis_program: str, tmp_path: Path
):
    """504 where a record may be in the log, 503 where it is not; then 202 without a restart."""
    with (
        KafkaServer(tmp_path / "kafka", kafka_libs) as kafka,
        RedisServer(tmp_path / "redis") as redis,
    ):
        done = tocsin("topics", "apply", BROKER=kafka.bootstrap, AUDIT="off")
        assert done.returncode == 0, done.stderr
        with running_intake(IntakeSite(kafka.bootstrap, redis.url, tmp_path)) as intake:
            assert intake.post(encoded(subject(1)))[0] == 202
            kafka.kill()
            statuses = [intake.post(encoded(subject(2)))[0] for _ in range(2)]
            ready, findings = intake.process.readiness()
            kafka.start()
            status, body, _ = intake.post(encoded(subject(2)))

    assert statuses == [504, 503] and not ready and findings[0]["remedy"] == "tocsin doctor"
    assert status == 202 and body["accepted"][0]["offset"] in (1, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "TOCSIN_INTAKE_CLIENTS_FILE"),
        ({"INTAKE_CLIENTS_FILE": "/nowhere"}, "/nowhere cannot be read"),
        ({"INTAKE": "0.0.0.0:1", "INTAKE_CLIENTS_FILE": "CLIENTS"}, "TOCSIN_INTAKE_TLS"),
        ({"INTAKE_TLS": "own"}, "TOCSIN_INTAKE_TLS_CERT_FILE"),
        (
            {
                "INTAKE_TLS": "own",
                "INTAKE_TLS_CERT_FILE": "CLIENTS",
                "INTAKE_TLS_KEY_FILE": "CLIENTS",
                "INTAKE_CLIENTS_FILE": "CLIENTS",
            },
            "certificate and key of the intake cannot be used",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    settings: dict[str, str], message: str, tmp_path: Path
):
    """Exit code 2 before a broker is asked."""
    path = tmp_path / "clients.toml"
    path.write_text(
        f'[[client]]\nname="e"\nstudies=["S"]\nsystems=["e"]\ntoken_sha256=["{"a" * 64}"]'
    )
    given = {name: text.replace("CLIENTS", str(path)) for name, text in settings.items()}
    result = tocsin("intake", **given)

    assert (result.returncode, result.stdout) == (2, "") and message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_new_token_is_printed_with_its_line():
    """The line is what the file of clients has; the token is in no file."""
    output = tocsin("intake", "token").stdout.splitlines()

    assert output[0].startswith("token") and " tocsin_" in output[0]
    assert output[1].startswith('token_sha256 = ["') and len(output[1]) == 17 + 64 + 2
