"""Answers, log lines and metrics are equal whatever the treatments, and quote no value."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from tests.streams.intake.intakes import NDJSON, running_intake
from tests.streams.intake.sent_records import encoded, event, lines, plan, record, subject

SECRETS = ("act", "ctl", "P-", "S-secret", "Headache", "tocsin_one", "edc-secret")
SUBJECTS = 12


def trial(arms: list[str]) -> bytes:
    """A trial whose subjects have these arms, with records that intake and fold refuse."""
    subjects = [
        subject(number, randomised_treatment=arm) for number, arm in enumerate(arms, start=1)
    ]
    conflict = subject(1, randomised_treatment=arms[0], site="S-secret")
    unknown = subject(99, randomised_treatment="edc-secret")
    wrong = record("adverse_event", 98, subject="P-1", preferred_term="Headache", arm=arms[0])
    return lines(plan(), *subjects, conflict, unknown, event(1, end=arms[0]), wrong)


async def outputs(arms: list[str], caplog: pytest.LogCaptureFixture) -> list[Any]:
    """All that a client and an operator see: answers, receipts, log lines, metrics."""
    caplog.clear()
    async with running_intake() as intake:
        answer = await intake.post(trial(arms), **NDJSON, Prefer="handling=lenient")
        seen: list[Any] = [answer.status, await answer.text()]
        await intake.fold()
        waited = await intake.post(trial(arms), **NDJSON)
        seen += [waited.status, await waited.text()]
        for offset in range(SUBJECTS + 4):
            seen.append(await (await intake.get_receipt(offset)).text())
        registry = CollectorRegistry()
        registry.register(intake.pages.meter)
        seen.append(generate_latest(registry).decode())
        await intake.store.client.set(intake.store.keys.cursor, "edc-secret")
        await intake.post(encoded(subject(1)), Prefer="wait=1")
        intake.topics.failure = ValueError("edc-secret of P-1")
        seen.append((await intake.post(encoded(subject(1)))).status)
    return [*seen, [each.getMessage() for each in caplog.records if "tocsin" in each.name]]


async def test_twenty_permutations_of_the_arms_give_the_same_output(
    caplog: pytest.LogCaptureFixture,
):
    """Byte for byte; no word of a record or of a credential is in it."""
    caplog.set_level(logging.DEBUG)
    chance, arms = Random(15), ["act", "ctl"] * (SUBJECTS // 2)
    first = await outputs(arms, caplog)
    for _ in range(20):
        chance.shuffle(arms)
        assert await outputs(arms, caplog) == first

    text = repr(first).replace("exact", "").replace("character", "")
    assert first[0] == 202 and '"reason":"unknown_treatment"' in text and first[-2] == 500
    assert len(first[-1]) == 2 and all("secret" not in each for each in first[-1])
    assert [each for each in SECRETS if each in text] == []
