"""Records are answered with 202 once they are in the log, exactly where the answer says."""

from __future__ import annotations

import json

import pytest

from streams.kafka.sender import NotSent, Undelivered
from streams.kafka.topics import LOG
from tests.streams.intake.intakes import NDJSON, PARTITION, running_intake
from tests.streams.intake.sent_records import STUDY, encoded, event, lines, plan, record, subject


async def test_one_record_is_in_the_log_where_the_answer_says():
    """Its bytes are those that were sent, its key is the study."""
    async with running_intake() as intake:
        answer = await intake.post(sent := encoded(subject(1)))
        body = await answer.json()

        stored = intake.topics.log(LOG, PARTITION).records[0]
    assert (answer.status, stored.value, stored.key) == (202, sent, STUDY.encode())
    assert body["accepted"] == [
        {
            "line": 1,
            "partition": PARTITION,
            "offset": 0,
            "receipt": f"{PARTITION}-0",
            "left_out": [],
            "outcome": "pending",
            "refusal": None,
        }
    ]
    assert ("ce_id", b"subject-1/1") in stored.headers


async def test_lines_are_produced_in_their_order_and_numbered_with_blank_ones():
    """A blank line has a number and no record; a line may end with CR LF."""
    sent = [encoded(each) for each in (plan(), subject(1), event(1))]
    async with running_intake() as intake:
        answer = await intake.post(b"\r\n\n".join(sent), **NDJSON)
        accepted = (await answer.json())["accepted"]

        assert intake.topics.produced == sent
    assert [(each["line"], each["offset"]) for each in accepted] == [(1, 0), (3, 1), (5, 2)]


async def test_a_record_over_several_lines_becomes_one_line():
    """A consumer of the log may write it to a file of lines."""
    async with running_intake() as intake:
        answer = await intake.post(json.dumps(subject(1), indent=2).replace("\n", "\r\n"))
        (stored,) = intake.topics.produced

    assert answer.status == 202 and stored is not None and b"\n" not in stored
    assert json.loads(stored) == subject(1)


async def test_one_bad_line_of_many_refuses_all_and_names_field_and_remedy():
    """Nothing is produced; the refusal names line, pointer, reason and remedy, and no value."""
    bad = record("adverse_event", 2, subject="P-1", preferred_term="Secret", onset="29.02.2026")
    async with running_intake() as intake:
        answer = await intake.post(lines(subject(1), bad), **NDJSON)
        body = await answer.json()

        assert intake.topics.produced == []
    assert (answer.status, answer.content_type) == (422, "application/problem+json")
    (error,) = body["errors"]
    assert (error["line"], error["pointer"]) == (2, "/system_organ_class")
    assert error["reason"] == "missing_field" and error["remedy"].startswith("Send the record")
    assert "Secret" not in str(body) and "29.02.2026" not in str(body)


async def test_lenient_handling_takes_the_good_lines_and_quarantines_the_rest():
    """The bad line is a dead letter with its bytes, once however often it is sent."""
    async with running_intake() as intake:
        body = lines(subject(1), record("tik", 2), subject(3))
        await intake.post(body, **NDJSON, Prefer="handling=lenient")
        answer = await intake.post(body, **NDJSON, Prefer="handling=lenient")
        result = await answer.json()
        letters = intake.topics.log("trial.dead-letter.v1", 0).records.values()

    assert answer.status == 202 and answer.headers["Preference-Applied"] == "handling=lenient"
    assert [each["line"] for each in result["accepted"]] == [1, 3]
    assert [each["reason"] for each in result["quarantined"]] == ["unknown_type"]
    assert len({each.key for each in letters}) == 1
    assert {each.value for each in letters} == {encoded(record("tik", 2))}
    assert intake.topics.dead_letters[0]["tocsin.client"] == "edc"


async def test_a_wait_answers_with_what_the_fold_made_of_each_line():
    """A refusal of the fold comes with its reason and remedy, whether published or not."""
    unknown = subject(9, randomised_treatment="nothing")
    other = subject(1, site="S-2")
    async with running_intake() as intake:
        body = lines(plan(), subject(1), other, unknown)
        answer = await intake.post(body, **NDJSON)
        assert answer.status == 202
        for publish in (False, True):
            await intake.fold(publish=publish)
            answer = await intake.get_receipt(3)
            assert (await answer.json())["refusal"]["reason"] == "unknown_treatment"

        results = [await (await intake.get_receipt(offset)).json() for offset in range(4)]
    assert [each["outcome"] for each in results] == ["accepted", "accepted", "conflict", "refused"]
    assert "next version" in results[2]["refusal"]["remedy"]


async def test_a_wait_that_ends_before_the_fold_answers_202():
    """The lines are in the log, and pending."""
    async with running_intake() as intake:
        answer = await intake.post(encoded(plan()), Prefer="wait=1")
        body = await answer.json()

    assert (answer.status, body["accepted"][0]["outcome"]) == (202, "pending")
    assert answer.headers["Preference-Applied"] == "wait=1"


async def test_a_field_that_is_left_out_is_named():
    """The record counts without it, and the sender learns which field to correct."""
    async with running_intake() as intake:
        answer = await intake.post(encoded(event(1, end="yesterday")))
        body = await answer.json()

    assert answer.status == 202 and body["accepted"][0]["left_out"] == ["end"]


@pytest.mark.parametrize(("failure", "status"), [(NotSent("x"), 503), (Undelivered("x"), 504)])
async def test_an_unconfirmed_record_is_answered_with_what_is_known(
    failure: Exception, status: int
):
    """503 where nothing was sent, 504 where the log may have it; both say when to try again."""
    async with running_intake() as intake:
        intake.topics.failure = failure
        answer = await intake.post(encoded(subject(1)))
        body = await answer.json()

    assert (answer.status, body["status"]) == (status, status)
    assert int(answer.headers["Retry-After"]) > 0 and "again" in body["detail"]


async def test_a_store_that_does_not_answer_leaves_lines_pending():
    """Only the broker decides whether a record is in the log."""
    async with running_intake() as intake:
        await intake.store.client.set(intake.store.keys.cursor, "no hash")
        answer = await intake.post(encoded(plan()), Prefer="wait=5")
        asked = await intake.get_receipt(0)

    assert (answer.status, asked.status) == (202, 503)
