"""Who may send what, and how much: every refusal has its status and produces nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.intake.limits import (
    BODY_BYTES_MAX,
    HELD_BYTES_MAX,
    REQUESTS_MAX,
    Limits,
    Overloaded,
    TokenBucket,
)
from streams.intake.webhook import TOLERANCE_SECONDS, sign
from tests.streams.intake.intakes import (
    ADDRESS,
    NDJSON,
    NOW,
    OTHER_STUDY,
    OTHER_TOKEN,
    TOKEN,
    WEBHOOK_KEY,
    running_intake,
)
from tests.streams.intake.sent_records import encoded, lines, record, subject

RECORD = encoded(subject(1))


def signed(body: bytes, *, key: bytes = WEBHOOK_KEY, time: int = NOW, **headers: str) -> Any:
    """The headers of a signed request without a token."""
    fields = {
        "Content-Type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(time),
        "webhook-signature": f"v1,notthis {sign(key, 'msg_1', str(time), body)}",
    }
    return fields | headers


REFUSED = {
    "no credential": ({"Authorization": ""}, RECORD, 401),
    "wrong token": ({"Authorization": "Bearer tocsin_none"}, RECORD, 401),
    "other scheme": ({"Authorization": f"Digest {TOKEN}"}, RECORD, 401),
    "no base64": ({"Authorization": "Basic ???"}, RECORD, 401),
    "another client's study": ({"Authorization": f"Bearer {OTHER_TOKEN}"}, RECORD, 403),
    "no record": ({}, b"", 400),
    "only blanks": ({"Content-Type": "application/x-ndjson"}, b"\n \r\n", 400),
    "no type": ({"Content-Type": ""}, RECORD, 415),
    "xml": ({"Content-Type": "text/xml"}, RECORD, 415),
    "latin": ({"Content-Type": "application/json; charset=latin-1"}, RECORD, 415),
    "compressed": ({"Content-Encoding": "gzip"}, b"\x1f\x8b", 415),
    "too many lines": ({"Content-Type": "application/x-ndjson"}, RECORD + b"\n" * 1_001, 413),
    "too many bytes": ({}, b" " * (BODY_BYTES_MAX + 1), 413),
    "a list": ({}, b"[]", 422),
    "two records": ({}, RECORD + RECORD, 422),
    "deep": ({}, b'{"a":' * 10_000, 422),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_each_refusal_has_its_status_and_produces_nothing(name: str):
    """Each is a problem document that says what to do."""
    headers, body, status = REFUSED[name]
    async with running_intake() as intake:
        answer = await intake.post(body, **headers)
        problem = await answer.json()

        assert (answer.status, intake.topics.produced) == (status, [])
    assert problem["status"] == status and problem["detail"].endswith(".")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_foreign_and_an_unknown_study_are_answered_alike():
    """Nobody learns which studies exist: the answers are equal to the byte."""
    answers: list[tuple[int, str]] = []
    async with running_intake() as intake:
        for study in (OTHER_STUDY, "NEVER-SEEN", "%2F..%2F", "S" * 300):
            for body in (RECORD, b"nonsense", b""):
                answer = await intake.post(body, f"/v1/studies/{study}/records")
                answers.append((answer.status, await answer.text()))
            path = f"/v1/studies/{study}/receipts/3-1"
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = await intake.http.get(path, headers=headers)
            answers.append((answer.status, await answer.text()))

    assert len(set(answers)) == 1 and answers[0][0] == 403


@pytest.mark.parametrize(
    "foreign",
    [
        record("tick", 1, date="2026-03-01", source={"system": "safety", "id": "a", "version": 1}),
        record("retraction", 1, target={"system": "safety", "id": "a"}, reason="Wrong subject."),
        record("merge", 1, what="case", duplicate="safety/a", survivor="edc/b"),
        record("disposition", 1, subject="P-1", status="completed", date="2026-03-01"),
        record(
            "review", 1, alert="a", revision=1, move="m", shown="s", member="b", reason="r",
            meaning="m",
        ),
    ],
    ids=["system", "retracts", "merges", "type", "review"],
)  # fmt: skip
async def test_what_a_client_may_not_send_is_forbidden_whole(foreign: dict[str, Any]):
    """A token of one source cannot nullify the cases of another, nor send a board's move."""
    async with running_intake() as intake:
        body = lines(subject(1), foreign)
        answer = await intake.post(body, **NDJSON, Prefer="handling=lenient")

        assert (answer.status, intake.topics.logs.keys()) == (403, {("trial.dead-letter.v1", 0)})
        assert intake.topics.dead_letters == []


async def test_a_record_of_another_study_is_refused_by_its_line():
    """The address decides the partition."""
    async with running_intake() as intake:
        answer = await intake.post(encoded(subject(1) | {"study": OTHER_STUDY}))
        (error,) = (await answer.json())["errors"]

    assert (answer.status, error["pointer"], error["reason"]) == (422, "/study", "other_study")


async def test_a_record_of_the_day_after_tomorrow_is_refused_by_its_line():
    """`tocsin produce` refuses it too; the answer does not repeat the date."""
    async with running_intake() as intake:
        answer = await intake.post(encoded(subject(1, known_at="2199-01-01T00:00:00Z")))
        text = await answer.text()

    assert answer.status == 422 and "2199" not in text
    assert json.loads(text)["errors"][0]["pointer"] == "/known_at"


async def test_a_signed_request_needs_no_token():
    """One of several signatures suffices, as while a secret is exchanged."""
    async with running_intake() as intake:
        answer = await intake.http.post(ADDRESS, data=RECORD, headers=signed(RECORD))

        assert (answer.status, intake.topics.produced) == (202, [RECORD])


@pytest.mark.parametrize(
    "headers",
    [
        signed(RECORD + b" "),
        signed(RECORD, key=b"x" * 32),
        signed(RECORD, time=NOW - TOLERANCE_SECONDS - 1),
        signed(RECORD, time=NOW + TOLERANCE_SECONDS + 1),
        signed(RECORD) | {"webhook-timestamp": str(NOW - 1)},
        signed(RECORD) | {"webhook-id": "msg_2"},
        signed(RECORD) | {"webhook-signature": "v1,é v1a,x"},
        signed(RECORD) | {"webhook-timestamp": "٣"},
    ],
    ids=["body", "key", "old", "early", "time", "id", "signature", "digits"],
)
async def test_a_changed_or_old_request_is_not_genuine(headers: dict[str, str]):
    """401 whatever was changed."""
    async with running_intake() as intake:
        answer = await intake.http.post(ADDRESS, data=RECORD, headers=headers)

        assert (answer.status, intake.topics.produced) == (401, [])


async def test_a_signed_request_for_another_study_is_forbidden():
    """The secret is bound to studies like a token."""
    async with running_intake() as intake:
        path = f"/v1/studies/{OTHER_STUDY}/records"
        answer = await intake.http.post(path, data=RECORD, headers=signed(RECORD))

    assert answer.status == 403


async def test_too_many_requests_of_one_client_are_answered_with_429():
    """Another client is not affected; the answer says when to send it again."""
    async with running_intake(requests_per_second=1) as intake:
        statuses = [(await intake.post(RECORD)).status for _ in range(3)]
        answer = await intake.post(RECORD)
        other = await intake.post(
            b"", f"/v1/studies/{OTHER_STUDY}/records", Authorization=f"Bearer {OTHER_TOKEN}"
        )

    assert statuses == [202, 202, 429] and answer.headers["Retry-After"] == "1"
    assert other.status == 400


async def test_a_full_intake_answers_503_before_it_reads():
    """Memory is bounded by the number of requests and by the bytes of all of them."""
    async with running_intake() as intake:
        limits = intake.pages.records.gate.limits
        limits.requests = REQUESTS_MAX
        first = await intake.post(RECORD)
        limits.requests, limits.held_bytes = 0, HELD_BYTES_MAX
        second = await intake.post(RECORD)

        assert intake.topics.produced == [] and limits.held_bytes == HELD_BYTES_MAX
    assert [first.status, second.status] == [503, 503] and "Retry-After" in first.headers


def test_a_bucket_fills_with_time():
    """A burst of two seconds, then the rate."""
    now = 0.0
    bucket = TokenBucket(10, lambda: now)
    assert [bucket.take() for _ in range(21)] == [0] * 20 + [1]
    now = 0.1
    assert [bucket.take(), bucket.take()] == [0, 1]


def test_held_bytes_are_released():
    """Also where the request is refused because it holds too many."""
    limits = Limits(1)
    with pytest.raises(Overloaded):
        hold(limits, HELD_BYTES_MAX + 1)

    assert (limits.requests, limits.held_bytes) == (0, 0)


def hold(limits: Limits, size: int) -> None:
    """Hold a request of so many bytes."""
    with limits.request() as held:
        held.add(size)
