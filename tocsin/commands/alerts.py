"""``tocsin alerts``: what has rung, how it stands, and what members of the board do about it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Annotated

from cyclopts import App, Parameter

from alerts.alert import Alert
from alerts.lifecycle import Move, State
from streams.audit.audit_log import Act
from streams.kafka.sender import Undelivered
from streams.producers.reviews import Ask, Fate, shown_of
from streams.replay.result_alerts import entry_json, told
from tocsin.commands import alerts_watch
from tocsin.commands.alerts_move import listed, meant, placed, seen
from tocsin.commands.keys import signer_in
from tocsin.common.alert_name import LEAST, name_in, name_of
from tocsin.common.audit import audited, note
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import answered, quietly_settled, stopping, unreachable
from tocsin.common.terminal import paper
from tocsin.display.alert_evidence import study_of
from tocsin.display.alerts import grid, placed_json, show_entry, spoken

app = App(name="alerts", help="What has rung, and what the board does about it.")


ENDS = {
    Fate.ACCEPTED: Exit.OK,
    Fate.REFUSED: Exit.REJECTED,
    Fate.NOT_INCLUDED: Exit.REJECTED,
    Fate.NOT_YET: Exit.UNREACHABLE,
}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who makes a move, and why.

    Parameters
    ----------
    member
        The member of the board who makes it.
    reason
        Why: it is kept with the move, for good.
    key
        The member's private key, a file that `tocsin keys new` made; without one the move is
        unsigned, and counts only where the plan names no board.
    json_lines
        Prints a JSON object.
    """

    member: Annotated[str, Parameter(env_var="TOCSIN_MEMBER")]
    reason: str
    key: Annotated[Path | None, Parameter(env_var="TOCSIN_KEY")] = None
    json_lines: Json = False


@app.command(name="list")
def list_all(*, study: tuple[str, ...] = (), all: Flag = False, json_lines: Json = False) -> None:
    """List the alerts that are open, each with its id and revision.

    On a terminal that is narrow with the beginning of the id, which the other commands take too.

    Parameters
    ----------
    study
        Only of this study; may be given again.
    all
        Also those that are closed, and findings, which nobody acts on.
    json_lines
        Prints a JSON object for each.
    """
    settings = quietly_settled()
    with audited(settings, Act.READ):
        found = [entry.alert for entry in answered(listed(settings, study))]
        known = [one.id for one in found]
        alerts = [one for one in found if all or is_open(one)]
        if json_lines:
            for alert in alerts:
                print(json.dumps(told(alert)))
            return
        title = f"{len(alerts)} alerts" if all else f"{len(alerts)} open"
        paper().print(grid(alerts, title, known))


def is_open(alert: Alert) -> bool:
    """Whether a member may have to do something about it."""
    return alert.tracked and alert.state is not State.CLOSED


@app.command
def show(alert: str, /, *, json_lines: Json = False) -> None:
    """Show ALERT: evidence, cases, history, what a move would sign, which moves there are.

    Parameters
    ----------
    alert
        Its id, or so much of it that no other begins so.
    json_lines
        Prints a JSON object.
    """
    settings = quietly_settled()
    with audited(settings, Act.READ, {"alert": alert}):
        name = name_in(alert)
        entry = answered(meant(settings, name))
        if not name.whole:
            note(settings, Act.READ, {"alert": entry.alert.id})
        if json_lines:
            print(json.dumps(entry_json(entry) | {"shown": shown_of(entry.alert)}))
        else:
            show_entry(paper(), entry, answered(study_of(settings, entry.alert)))


@app.command
def acknowledge(alert: str, /, *, by: By) -> None:
    """Say that you have seen ALERT, given as `id:revision`: nobody else is called for it."""
    act(Move.ACKNOWLEDGE, alert, by)


@app.command
def review(alert: str, /, *, by: By) -> None:
    """Begin the review of ALERT, given as `id:revision`."""
    act(Move.BEGIN_REVIEW, alert, by)


@app.command
def confirm(alert: str, /, *, by: By) -> None:
    """Judge that ALERT, given as `id:revision`, shows a risk to the subjects."""
    act(Move.CONFIRM, alert, by)


@app.command
def refute(alert: str, /, *, by: By) -> None:
    """Judge that ALERT, given as `id:revision`, shows no risk to the subjects."""
    act(Move.REFUTE, alert, by)


@app.command
def insufficient(alert: str, /, *, by: By) -> None:
    """Judge that the data do not suffice to decide on ALERT, given as `id:revision`."""
    act(Move.CALL_INSUFFICIENT, alert, by)


@app.command
def close(alert: str, /, *, by: By) -> None:
    """Close ALERT, given as `id:revision`: what rises from now on is another alert."""
    act(Move.CLOSE, alert, by)


def act(move: Move, text: str, by: By) -> None:
    """Make *move* on the alert that *text* names, and end as the docket answers.

    What is noted, as what is signed, holds the whole id: another alert may begin so tomorrow.
    """
    settings = quietly_settled()
    signer = None if by.key is None else signer_in(by.key)
    with audited(settings, Act.MOVE, {"alert": text, "member": by.member}):
        name = name_in(text, LEAST)
        entry = answered(seen(settings, name))
        if not name.whole:
            note(settings, Act.MOVE, {"alert": name_of(entry.alert), "member": by.member})
        nonce = token_hex(16)
        ask = Ask(alert=entry.alert, move=move, member=by.member, reason=by.reason, nonce=nonce)
        try:
            found = answered(placed(settings, ask, signer))
        except Undelivered as error:
            raise unreachable(error) from None
        if by.json_lines:
            print(json.dumps(placed_json(ask, found)))
        if (code := ENDS[found.fate]) is not Exit.OK:
            raise Stop(code, spoken(found.says))
        if not by.json_lines:
            print(f"{entry.alert.id}: {spoken(found.says)}")


@app.command
def watch(*, once: Flag = False, json_lines: Json = False) -> None:
    """Follow the alerts as they are announced; Ctrl-C ends.

    Parameters
    ----------
    once
        Shows what was announced so far, and ends.
    json_lines
        Prints a JSON object for each revision.
    """
    settings = quietly_settled()
    with audited(settings, Act.READ), stopping():
        try:
            asyncio.run(alerts_watch.watch(settings, as_json=json_lines, once=once))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return
