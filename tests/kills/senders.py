"""Senders that repeat each request until it is answered with 202, and note where each line is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.contract.intakes import NDJSON, IntakeSite
from tests.streams.intake.sent_records import encoded, record, subject

RETRY_SECONDS = 0.2

LINES_MAX = 5

RETRIED = (429, 500, 503, 504)
"""Statuses after which a client sends the same request again."""

TERMS = {"preferred_term": "Headache", "system_organ_class": "Nervous system disorders"}


@dataclass(slots=True)
class Acknowledged:
    """A line that was answered with 202: where it is, and its bytes."""

    partition: int
    offset: int
    value: bytes


@dataclass(slots=True)
class HttpSender:
    """Sends the records of one subject, of which each case has several versions.

    *answers* counts statuses, and `lost` for a connection that ended without one.  *wrong* are
    answers that no correct client can get.
    """

    site: IntakeSite
    number: int
    random: Random
    stopping: threading.Event
    acknowledged: list[Acknowledged] = field(default_factory=list[Acknowledged])
    answers: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        """Send until *stopping* is set, and end the request in progress."""
        records = self.records()
        while not self.stopping.is_set() and not self.wrong:
            self.deliver([next(records) for _ in range(self.random.randint(1, LINES_MAX))])

    def records(self) -> Iterator[bytes]:
        """Yield the subject, then cases without end, each in up to three versions."""
        yield encoded(subject(self.number))
        case = 0
        while True:
            case += 1
            for version in range(1, self.random.randint(2, 4)):
                source = {"system": "edc", "id": f"ae-{self.number}-{case}", "version": version}
                serious = bool(version % 2)
                fields = {"source": source, "subject": f"P-{self.number}", "serious": serious}
                yield encoded(record("adverse_event", case, **TERMS, **fields))

    def deliver(self, values: list[bytes]) -> None:
        """Send *values* until the answer is 202, and note where each is."""
        while True:
            try:
                status, body, _ = self.site.post(b"\n".join(values), **NDJSON)
            except OSError:
                self.answers["lost"] += 1
            else:
                self.answers[str(status)] += 1
                if status == 202:
                    self.acknowledged += [
                        Acknowledged(each["partition"], each["offset"], value)
                        for each, value in zip(body["accepted"], values, strict=True)
                    ]
                    return
                if status not in RETRIED:
                    self.wrong.append(f"{status}: {body}")
                    return
            time.sleep(RETRY_SECONDS)
