"""``tocsin alerts``: lists and shows alerts, and submits the moves of board members."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Annotated

from cyclopts import App, Parameter

from alerts.dictionary import dictionary_of
from alerts.lifecycle import Move
from alerts.register.grouping import is_open
from streams.audit.audit_log import AuditAction
from streams.kafka.sender import Undelivered
from streams.producers.reviews import ReviewRequest, ReviewStatus, revision_digest
from streams.replay.result_alerts import entry_json
from tocsin.commands import alerts_watch
from tocsin.commands.alerts_list import load_studies, print_alerts, print_blinded
from tocsin.commands.alerts_move import (
    check_key,
    find_alert,
    find_alert_at_revision,
    find_entries,
    submit_move,
)
from tocsin.commands.keys import read_signer
from tocsin.common.alert_name import PREFIX_LENGTH_MIN, alert_name_of, parse_alert_name
from tocsin.common.audit import append_audit_entry, audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import (
    load_settings_quietly,
    run_or_stop,
    service_errors,
    unreachable_stop,
)
from tocsin.common.terminal import cli_console
from tocsin.display.alert_evidence import load_study
from tocsin.display.alerts import display_text, receipt_json, show_entry

app = App(name="alerts", help="List, show and review alerts.")


EXIT_CODES = {
    ReviewStatus.ACCEPTED: Exit.OK,
    ReviewStatus.REFUSED: Exit.REJECTED,
    ReviewStatus.NOT_INCLUDED: Exit.REJECTED,
    ReviewStatus.PENDING: Exit.UNREACHABLE,
}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOptions:
    """Member, reason and key of a move.

    Parameters
    ----------
    member
        Board member who makes the move.
    reason
        Reason for the move, stored permanently with it.
    key
        File of the member's private key, as created by `tocsin keys new`. A move without a key is
        unsigned, and is accepted only if the plan names no board.
    json_lines
        Print a JSON object.
    """

    member: Annotated[str, Parameter(env_var="TOCSIN_MEMBER")]
    reason: str
    key: Annotated[Path | None, Parameter(env_var="TOCSIN_KEY")] = None
    json_lines: Json = False


@app.command(name="list")
def list_all(
    *,
    study: tuple[str, ...] = (),
    all: Flag = False,
    blinded: Flag = False,
    json_lines: Json = False,
) -> None:
    """List open alerts as work: due date, term, subject, arm, seriousness; most urgent first.

    What the events of a tier 1 watch set off beside it stands under its alert, indented.
    A narrow terminal shows a unique prefix of the id, which the other commands accept.

    Parameters
    ----------
    study
        List only alerts of this study; may be repeated.
    all
        Include closed alerts, and findings, which allow no moves.
    blinded
        List single cases only, open and closed, without arm, state, member or evidence: for people
        who must not learn treatments.
    json_lines
        Print a JSON object for each alert.
    """
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.READ):
        all_entries = run_or_stop(find_entries(settings, study))
        entries = [one for one in all_entries if all or blinded or is_open(one.alert)]
        studies = run_or_stop(load_studies(settings, entries))
        if blinded:
            print_blinded(studies, entries, as_json=json_lines)
        else:
            known_ids = [one.alert.id for one in all_entries]
            print_alerts(studies, entries, known_ids, as_json=json_lines)


@app.command
def show(alert: str, /, *, json_lines: Json = False) -> None:
    """Show ALERT: evidence, cases, history, the content that a move signs, and allowed moves.

    Parameters
    ----------
    alert
        Id of the alert, or a unique prefix of it.
    json_lines
        Print a JSON object.
    """
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.READ, {"alert": alert}):
        name = parse_alert_name(alert)
        entry = run_or_stop(find_alert(settings, name))
        if not name.is_full_id:
            append_audit_entry(settings, AuditAction.READ, {"alert": entry.alert.id})
        study = run_or_stop(load_study(settings, entry.alert))
        if json_lines:
            dictionary = "" if study is None else dictionary_of(study.plan, entry.alert.watch)
            line = entry_json(entry, dictionary) | {"shown": revision_digest(entry.alert)}
            print(json.dumps(line))
        else:
            show_entry(cli_console(), entry, study)


@app.command
def acknowledge(alert: str, /, *, options: MoveOptions) -> None:
    """Acknowledge ALERT, given as `id:revision`; its escalation stops."""
    make_move(Move.ACKNOWLEDGE, alert, options)


@app.command
def review(alert: str, /, *, options: MoveOptions) -> None:
    """Begin the review of ALERT, given as `id:revision`."""
    make_move(Move.BEGIN_REVIEW, alert, options)


@app.command
def confirm(alert: str, /, *, options: MoveOptions) -> None:
    """Judge that ALERT, given as `id:revision`, shows a risk to the subjects."""
    make_move(Move.CONFIRM, alert, options)


@app.command
def refute(alert: str, /, *, options: MoveOptions) -> None:
    """Judge that ALERT, given as `id:revision`, shows no risk to the subjects."""
    make_move(Move.REFUTE, alert, options)


@app.command
def insufficient(alert: str, /, *, options: MoveOptions) -> None:
    """Judge that the data do not suffice to decide on ALERT, given as `id:revision`."""
    make_move(Move.CALL_INSUFFICIENT, alert, options)


@app.command
def close(alert: str, /, *, options: MoveOptions) -> None:
    """Close ALERT, given as `id:revision`; a later crossing raises a new alert."""
    make_move(Move.CLOSE, alert, options)


def make_move(move: Move, typed_name: str, options: MoveOptions) -> None:
    """Submit *move* on the alert named `id:revision`, and print its result.

    The audit entry and the signed record have the whole id, because a prefix that is unique today
    may become ambiguous.  Raises Stop where the move is refused, not included or pending.
    """
    settings = load_settings_quietly()
    signer = None if options.key is None else read_signer(options.key)
    with audit_command(settings, AuditAction.MOVE, {"alert": typed_name, "member": options.member}):
        name = parse_alert_name(typed_name, PREFIX_LENGTH_MIN)
        entry = run_or_stop(find_alert_at_revision(settings, name))
        if not name.is_full_id:
            append_audit_entry(
                settings,
                AuditAction.MOVE,
                {"alert": alert_name_of(entry.alert), "member": options.member},
            )
        if note := check_key(
            run_or_stop(load_study(settings, entry.alert)), options.member, signer
        ):
            print(note, file=sys.stderr)
        nonce = token_hex(16)
        request = ReviewRequest(
            alert=entry.alert, move=move, member=options.member, reason=options.reason, nonce=nonce
        )
        try:
            receipt = run_or_stop(submit_move(settings, request, signer))
        except Undelivered as error:
            raise unreachable_stop(error) from None
        if options.json_lines:
            print(json.dumps(receipt_json(request, receipt)))
        if (exit_code := EXIT_CODES[receipt.status]) is not Exit.OK:
            raise Stop(exit_code, display_text(receipt.message))
        if not options.json_lines:
            print(f"{entry.alert.id}: {display_text(receipt.message)}")


@app.command
def watch(*, once: Flag = False, json_lines: Json = False) -> None:
    """Show alerts live as they are published; Ctrl-C exits.

    Parameters
    ----------
    once
        Show the alerts published so far, and exit.
    json_lines
        Print a JSON object for each revision.
    """
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.READ), service_errors():
        try:
            asyncio.run(alerts_watch.follow_alerts(settings, as_json=json_lines, once=once))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return
