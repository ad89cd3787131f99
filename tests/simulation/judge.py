"""Compares every state of the store, and the final one, with the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.store import Fields
from streams.store.hashes import CURSOR, OUTBOX, row_name
from tests.simulation.oracle import CURSOR_FIELDS_OF_LOG, Oracle
from tests.simulation.remote_log import InMemoryTopics
from tests.simulation.rollback_store import RollbackStore, StoreState, non_empty, rows_of


@dataclass(slots=True)
class Judge:
    """Checks states of the store; *violation* is the first that was found, empty if none.

    *checked_rows* has the rows that were checked already, by study.  A *strict* judge allows no
    row that is behind its cursor: it is for storms in which only the workers change the store.
    """

    oracle: Oracle
    strict: bool
    violation: str = ""
    checked_rows: dict[str, Fields] = field(default_factory=dict[str, Fields])

    def report(self, message: str) -> None:
        """Record *message* unless there is a violation already."""
        self.violation = self.violation or message

    def check_state(self, state: StoreState) -> None:
        """Check rows and cursor of *state*, since a crash of the store may leave any state."""
        rows = rows_of(state)
        for study, fields in rows.items():
            if row_name(study) in state.corrupted or self.checked_rows.get(study) is fields:
                continue
            self.checked_rows[study] = fields
            self.report(self.row_violation(study, fields))
        cursor = state.hashes.get(CURSOR, {})
        reached = int(cursor.get("next", b"0"))
        for study in self.oracle.rows:
            if row_name(study) in state.corrupted:
                continue
            pos = int(rows.get(study, {}).get("pos") or b"-1")
            if not self.strict:  # The cursor has the positions of rows being rebuilt.
                pos = max(pos, int(cursor.get(f"pos|{study}") or b"-1"))
            if pos < self.oracle.expected_pos(study, reached):
                self.report(f"the row of {study} is at {pos}, behind the cursor at {reached}")
        expected = self.oracle.cursors.get(reached, {}) if reached else {}
        for name in CURSOR_FIELDS_OF_LOG:
            if expected and cursor.get(name) != expected[name]:
                self.report(f"the cursor at {reached} has {name} {cursor.get(name)}")

    def row_violation(self, study: str, fields: Fields) -> str:
        """Return how a row differs from the expected row at its position; empty if it does not."""
        if not fields.get("pos"):
            return f"the row of {study} has no position"
        expected = self.oracle.rows.get(study, {}).get(int(fields["pos"]))
        if expected is None:
            return f"the row of {study} is at {fields['pos']}, which is no record of the study"
        return field_differences(
            f"the row of {study} at {fields['pos'].decode()}", non_empty(fields), expected
        )

    def remaining_work(self, store: RollbackStore) -> str:
        """Return what is not folded or published yet; empty if all is."""
        cursor, end = store.get(CURSOR), self.oracle.entries[-1].offset + 1
        if cursor.get("next") != b"%d" % end:
            return f"the cursor is at {cursor.get('next')} of {end}; {cursor.get('stopped')}"
        pending = store.get(OUTBOX)
        return f"{len(pending)} entries are in the outbox" if pending else ""

    def final_violation(self, store: RollbackStore, topics: InMemoryTopics) -> str:
        """Return the first difference of the final rows, messages and cursor; empty if none."""
        rows = rows_of(store.states[-1])
        if rows.keys() != self.oracle.rows.keys():
            return f"rows of {sorted(rows)} instead of {sorted(self.oracle.rows)}"
        for study, fields in rows.items():
            by_position = self.oracle.rows[study]
            expected = by_position[max(by_position)]
            difference = field_differences(
                f"the row of {study} at the end", non_empty(fields), expected
            )
            if difference:
                return difference
        sent, published = set(topics.sent), self.oracle.published
        lost = sorted(message.key or b"" for message in published - sent)
        phantom = sorted(message.key or b"" for message in sent - published)
        if lost or phantom:
            return f"lost: {lost}; published without a reason: {phantom}"
        cursor, last = non_empty(store.get(CURSOR)), self.oracle.cursors[max(self.oracle.cursors)]
        for name in ("released", "stopped"):
            cursor.pop(name, None)
        return field_differences("the cursor at the end", cursor, last)


def field_differences(subject: str, stored: Fields, expected: Fields) -> str:
    """Return which fields of *stored* differ from *expected*, at most three; empty if none."""
    names = sorted(
        name for name in stored.keys() | expected if stored.get(name) != expected.get(name)
    )
    if not names:
        return ""
    shown = "; ".join(
        f"{name} is {stored.get(name)}, not {expected.get(name)}" for name in names[:3]
    )
    return f"{subject} differs in {len(names)} fields: {shown}"
