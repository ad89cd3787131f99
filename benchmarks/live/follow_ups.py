"""Draws an endless sequence of follow-ups to a fixed set of cases, and the log that they follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

from benchmarks.live.load import PARTITIONS, Message
from benchmarks.synthetic import RELATEDNESS, SEVERITIES, Trial, Workload
from streams.kafka.partitioner import partition_of
from streams.records.encode import encode_record

OUTCOMES = ("not_recovered", "recovering", "recovered")
IN_SEQUENCE = 200
"""Follow-ups of one trial before those of the next: most are of a study that is in memory."""

TRIAL_DAYS = 730


@dataclass(slots=True)
class FollowedTrial:
    """One trial: its first *records*, and each of its *cases* at its last version."""

    study: str
    records: list[bytes]
    cases: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    partition: int = 0
    last_day: date = date.min

    @classmethod
    def draw(cls, workload: Workload, number: int) -> FollowedTrial:
        """Draw trial *number* of *workload*, in the order in which its records became known."""
        trial = Trial(workload, number)
        per_trial = workload.reports // workload.trials
        entries = sorted(trial.draw_records(per_trial), key=lambda entry: entry.known_at)
        followed = cls(trial.study, [entry.line for entry in entries])
        followed.partition = partition_of(trial.study, PARTITIONS)
        by_id: dict[str, dict[str, Any]] = {}
        fields: dict[str, Any] = {}
        for line in followed.records:
            fields = json.loads(line)
            if fields["type"] == "adverse_event":
                by_id[fields["source"]["id"]] = fields
        followed.cases = list(by_id.values())
        followed.last_day = date.fromisoformat(fields["known_at"][:10])
        return followed

    def message(self, value: bytes) -> Message:
        """Return *value* as a message in the partition of the study."""
        return Message(self.partition, self.study, value)

    def follow_up(self, random: Random, number: int) -> Message:
        """Return the next version of one case: what a site corrects, its onset by a day too."""
        case = self.cases[number % len(self.cases)]
        case["source"]["version"] += 1
        case["severity"] = random.choice(SEVERITIES)
        case["relatedness"] = random.choice(RELATEDNESS)
        case["outcome"] = random.choice(OUTCOMES)
        case["known_at"] = f"{self.last_day.isoformat()}T12:00:00Z"
        if random.random() < 0.2:
            onset = date.fromisoformat(case["onset"]) + timedelta(days=random.choice((-1, 1)))
            case["onset"] = min(onset, self.last_day).isoformat()
        return self.message(encode_record(case))


def endless_follow_ups(trials: list[FollowedTrial], seed: int) -> Iterator[Message]:
    """Yield follow-ups without end: of one trial after the other, a day later in each round."""
    random = Random(seed)
    for round_number in count():
        for trial in trials:
            for number in range(IN_SEQUENCE):
                yield trial.follow_up(random, round_number * IN_SEQUENCE + number)
            if round_number < TRIAL_DAYS:
                trial.last_day += timedelta(days=1)


def new_cases(trials: list[FollowedTrial]) -> Iterator[Message]:
    """Yield each case of *trials* once more as a case of its own, with another id."""
    for trial in trials:
        for case in trial.cases:
            source = case["source"] | {"id": f"{case['source']['id']}-NEW", "version": 1}
            yield trial.message(encode_record(case | {"source": source}))
