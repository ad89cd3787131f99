"""Makes the moves of a form: each is checked, signed, written to the log, and waited for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

import orjson

from alerts.alert import Alert
from alerts.lifecycle import Move, allowed_moves
from alerts.register.history import ReviewRefusal
from alerts.register.update import review_result_field
from board.access.attempts import AttemptLimit
from board.access.member_keys import MemberKeys, WrongPassphrase
from board.access.read_log import ReadLog
from board.access.sessions import Session
from board.web.move_form import AlertChoice, MoveForm, MoveResult, MoveStatus
from monitor.plan.board import BoardMember
from monitor.plan.plan import read_plan
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Undelivered
from streams.producers.reviews import (
    SOURCE_SYSTEM,
    ReviewRequest,
    ReviewStatus,
    ReviewWriter,
    form_error,
    review_record,
    revision_digest,
)
from streams.records.key_files import InvalidKeyFile
from streams.records.signing import Signer
from streams.store import Store
from streams.store.rows.alerts import entry_from, review_result_from

RECORDS_MAX = 2_000
"""Records whose results are remembered, so that a second click waits for the first."""

NO_MEMBER = "Not sent: you are no member of a board, so you cannot sign."
WRONG_PASSPHRASE = "Not sent: the passphrase is wrong."
NOT_ENROLLED = "Not sent: you have no signing key here. Enrol with `tocsin board enrol`."
NOT_LISTED = "Not sent: the plan does not list your key for {member}."
TOO_MANY = "Not sent: too many wrong passphrases. Wait {minutes} min."
UNDELIVERED = "The broker did not confirm it: send the same form again."


class NotSigned(Exception):
    """The moves cannot be signed; the message is for the member."""


@dataclass(slots=True)
class MoveService:
    """Makes moves for members of the board.

    *open_store* opens the store of a partition.  *results* has the result of each record by its
    id: the nonce of the form makes the id, so that a double click is one record.
    """

    writer: ReviewWriter
    open_store: Callable[[int], Store]
    member_keys: MemberKeys
    read_log: ReadLog
    limit: AttemptLimit = field(default_factory=AttemptLimit)
    utc_now: Callable[[], datetime] = lambda: datetime.now(UTC)
    threads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    results: OrderedDict[str, asyncio.Task[MoveResult]] = field(
        default_factory=OrderedDict[str, "asyncio.Task[MoveResult]"]
    )

    async def make_moves(
        self, session: Session, study: str, form: MoveForm
    ) -> Sequence[MoveResult]:
        """Make the form's move on each alert; return the results in the form's order."""
        if session.user.member is None:
            return [MoveResult.not_sent(choice, NO_MEMBER) for choice in form.choices]
        first = await asyncio.gather(
            *(self._check(session, study, form, choice) for choice in form.choices)
        )
        if all(result is not None for result in first):
            return [result for result in first if result is not None]
        try:
            signer = await self._unlock(session, study, form.passphrase)
        except NotSigned as error:
            return [
                result or MoveResult.not_sent(choice, str(error))
                for choice, result in zip(form.choices, first, strict=True)
            ]
        sent = [
            result or await self._write_once(session, study, form, choice, signer)
            for choice, result in zip(form.choices, first, strict=True)
        ]
        return [each if isinstance(each, MoveResult) else await each for each in sent]

    async def look_again(self, study: str, result: MoveResult) -> MoveResult:
        """Return *result*, or what has become of it where it was not in force yet."""
        if result.status is not MoveStatus.PENDING:
            return result
        store = self._store_of(study)
        stored = await store.field(
            study, review_result_field(f"{SOURCE_SYSTEM}/{result.record_id}")
        )
        return result.decided(review_result_from(stored)) if stored else result

    async def _check(
        self, session: Session, study: str, form: MoveForm, choice: AlertChoice
    ) -> MoveResult | None:
        """Return why a move is not sent, or its result if it was sent before, or None."""
        record_id = record_id_of(session, form, choice)
        if record_id in self.results:
            return await asyncio.shield(self.results[record_id])
        alert = await self._find_alert(study, choice.alert)
        if alert is None:
            return MoveResult.not_sent(choice, ReviewRefusal.UNKNOWN_ALERT.value)
        present = MoveResult.not_sent(choice, "", alert)
        stale = choice.revision != alert.revision
        if stale or (choice.shown and choice.shown != revision_digest(alert)):
            return replace(present, message=ReviewRefusal.STALE.value)
        if not alert.tracked:
            return replace(present, message=ReviewRefusal.FOR_INFORMATION.value)
        if form.move not in allowed_moves(alert.state):
            return replace(present, message=ReviewRefusal.NOT_NOW.value)
        review = review_record(_request_of(session, form, alert, record_id), self.utc_now())
        return replace(present, message=error) if (error := form_error(review)) else None

    async def _write_once(
        self,
        session: Session,
        study: str,
        form: MoveForm,
        choice: AlertChoice,
        signer: Signer | None,
    ) -> asyncio.Task[MoveResult] | MoveResult:
        """Begin to write the move, if another click has not; return its result to come."""
        record_id = record_id_of(session, form, choice)
        alert = await self._find_alert(study, choice.alert)
        if alert is None or alert.revision != choice.revision:
            return MoveResult.not_sent(choice, ReviewRefusal.STALE.value, alert)
        if record_id not in self.results:
            request = _request_of(session, form, alert, record_id)
            self.results[record_id] = asyncio.ensure_future(
                self._write(session, request, choice, signer)
            )
            while len(self.results) > RECORDS_MAX:
                self.results.popitem(last=False)
        return self.results[record_id]

    async def _write(
        self, session: Session, request: ReviewRequest, choice: AlertChoice, signer: Signer | None
    ) -> MoveResult:
        study, name = request.alert.study, f"{choice.alert}:{choice.revision}"
        try:
            await self.read_log.log_move(session, study, name, request.reason)
            receipt = await self.writer.write(review_record(request, self.utc_now()), signer)
        except Undelivered:
            # The same form may be sent again: the record's id is the same.
            self.results.pop(request.nonce, None)
            return MoveResult.not_sent(choice, UNDELIVERED, request.alert)
        except BaseException:
            self.results.pop(request.nonce, None)
            raise
        result = MoveResult(
            alert=choice.alert,
            revision=choice.revision,
            status=STATUS[receipt.status],
            message=receipt.message,
            record_id=request.nonce,
            partition=receipt.partition,
            offset=receipt.offset,
            signed=signer is not None,
            state=request.alert.state,
            present_revision=request.alert.revision,
        )
        return result if receipt.result is None else result.decided(receipt.result)

    async def _unlock(self, session: Session, study: str, passphrase: str) -> Signer | None:
        """Return the member's key; None where the plan names no board and there is no key.

        Raises NotSigned where the log would not accept the signature.
        """
        member = member_of(session)
        listed = await self._board_members(study)
        if not self.member_keys.is_enrolled(member):
            if listed:
                raise NotSigned(NOT_ENROLLED)
            return None
        if seconds := self.limit.wait_seconds(member):
            raise NotSigned(TOO_MANY.format(minutes=int(seconds // 60) + 1))
        self.limit.add_failure(member)  # Before the check: attempts at the same time all count.
        try:
            async with self.threads:
                signer = await asyncio.to_thread(self.member_keys.unlock, member, passphrase)
        except WrongPassphrase:
            raise NotSigned(WRONG_PASSPHRASE) from None
        except InvalidKeyFile as error:
            raise NotSigned(f"Not sent: {error}") from None
        self.limit.forget(member)
        own = [each.public_key for each in listed if each.name == member]
        if listed and signer.public_key not in own:
            raise NotSigned(NOT_LISTED.format(member=member))
        return signer

    async def _board_members(self, study: str) -> Sequence[BoardMember]:
        stored = await self._store_of(study).field(study, "plan")
        plans: list[list[str]] = orjson.loads(stored) if stored else []
        return read_plan(plans[-1][0]).board_members if plans else ()

    async def _find_alert(self, study: str, alert: str) -> Alert | None:
        stored = await self._store_of(study).field(study, f"l|{alert}")
        return entry_from(stored).alert if stored else None

    def _store_of(self, study: str) -> Store:
        return self.open_store(partition_of(study, self.writer.partition_count))


STATUS = {
    ReviewStatus.ACCEPTED: MoveStatus.ACCEPTED,
    ReviewStatus.REFUSED: MoveStatus.REFUSED,
    ReviewStatus.NOT_INCLUDED: MoveStatus.NOT_INCLUDED,
    ReviewStatus.PENDING: MoveStatus.PENDING,
}


def record_id_of(session: Session, form: MoveForm, choice: AlertChoice) -> str:
    """Return the id of the record of one move of a form, the same for each click on it."""
    parts = form.nonce, member_of(session), form.move.value, choice.alert, str(choice.revision)
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def member_of(session: Session) -> str:
    """Return the name under which the plan lists the user's key."""
    return session.user.member or ""


def _request_of(session: Session, form: MoveForm, alert: Alert, record_id: str) -> ReviewRequest:
    return ReviewRequest(
        alert=alert,
        move=Move(form.move),
        member=member_of(session),
        reason=form.reason,
        nonce=record_id,
    )
