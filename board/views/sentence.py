"""The sentence that says how the study stands, and the paragraph below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from board.views.alert_cards import AlertCard, CardGroup, rank
from board.views.evidence_now import LadderRow, Screening
from board.views.facts import Completeness
from board.views.wording import capitalised, count, count_word, day, joined, plural, times

NEAR = 0.2
"""Share of its boundary from which a watch without an alert is named as near it."""


def sentence_of(groups: Sequence[CardGroup], complete: Completeness) -> str:
    """Return the sentence: the worst term, its arm, its strength and who has it.

    *groups* are those of all open alerts, the worst first; one of them counts as one signal.
    """
    if complete.as_of is None:
        return "No day is on record yet: nothing is judged."
    undecided = [card for group in groups for card in group.cards if not card.decided]
    if not undecided:
        return f"Nothing new: complete to record {count(complete.position)} at {_time(complete)}."
    worst = min(undecided, key=rank)
    signals = [group for group in groups if any(map(_signals, group.cards))]
    cases = [card for card in undecided if card.kind == "case"]
    if worst.kind == "case":
        return f"{_case_text(worst, len(cases))} {owner_text(worst)}"
    beside = f" {_cases_beside(len(cases))}" if cases else ""
    if not signals:
        return f"No signal. {_watch_text(worst)} {owner_text(worst)}{beside}"
    return f"{_signal_text(worst, len(signals))} {owner_text(worst)}{beside}"


def _time(complete: Completeness) -> str:
    """Return the known-at time of the latest record, or the as-of day where it is not known."""
    if complete.known_at is None:
        return day(complete.as_of)
    known_at = complete.known_at
    if known_at.isdecimal():
        known_at = datetime.fromtimestamp(int(known_at), UTC).isoformat()
    return f"{day(known_at)}, {known_at[11:16]} UTC" if len(known_at) > 15 else day(known_at)


def _signals(card: AlertCard) -> bool:
    return card.level == "signal" and card.kind == "signal" and not card.decided


def _signal_text(card: AlertCard, signals: int) -> str:
    where = card.title if card.treatment is None else f"{card.term} on {card.treatment}"
    strength = _strength(card)
    if signals == 1:
        return f"{where} signals{strength}."
    return f"{capitalised(count_word(signals))} terms signal, the strongest {where}{strength}."


def _strength(card: AlertCard) -> str:
    if card.strength is None or card.evidence is None:
        return ""
    if card.strength >= 1:
        return f": evidence {times(card.strength)} times its boundary"
    return f"; its evidence has fallen to {times(card.strength)} times its boundary since"


def _watch_text(card: AlertCard) -> str:
    where = card.title if card.treatment is None else f"{card.term} on {card.treatment}"
    if card.strength is None:
        return f"{where} is at the watch level."
    return f"{where} is at the watch level: evidence {times(card.strength)} times its boundary."


def _case_text(card: AlertCard, cases: int) -> str:
    due = f", to report by {day(card.due[0].day)}" if card.due else ""
    arm = f" on {card.treatment}" if card.treatment else ""
    if cases == 1:
        return f"One case to judge: {card.term}{arm}{due}."
    first = f"the first {card.term}{arm}{due}"
    return f"{capitalised(count_word(cases))} cases to judge, {first}."


def _cases_beside(cases: int) -> str:
    verb = plural(cases, "stands", "stand")
    return f"{capitalised(count_word(cases))} single {plural(cases, 'case')} {verb} beside it."


def owner_text(card: AlertCard) -> str:
    """Return who has the alert."""
    if card.owner is None:
        return "Nobody has it yet." if card.previous_owner is None else "Nobody has it now."
    verb = {"acknowledged": "has acknowledged", "under_review": "is reviewing"}.get(
        card.state, "has decided"
    )
    return f"{card.owner} {verb} it."


def lede_of(
    cards: Sequence[AlertCard],
    ladder: Sequence[LadderRow],
    screening: Screening,
    deaths: Sequence[tuple[str, int]],
) -> Iterator[str]:
    """Yield the sentences below: shared subjects, owners, screening, deaths."""
    if shared := shared_text(cards):
        yield shared
    if len(cards) > 1:
        yield owners_text(cards)
    yield from near_text(cards, ladder)
    yield screening_text(screening)
    yield deaths_text(deaths)


def shared_text(cards: Sequence[AlertCard]) -> str:
    """Return which alerts rest on the same patients; empty where none do."""
    by_subjects: dict[tuple[str, ...], int] = {}
    for card in cards:
        if card.subjects:
            by_subjects[card.subjects] = by_subjects.get(card.subjects, 0) + 1
    subjects, alerts = max(by_subjects.items(), key=lambda each: each[1], default=((), 0))
    if alerts < 2:
        return ""
    patients = len(subjects)
    which = f"same {count_word(patients)} patients" if patients > 1 else "same patient"
    if alerts == len(cards):
        who = "Both alerts rest" if alerts == 2 else f"All {count_word(alerts)} alerts rest"
        return f"{who} on the {which}."
    return f"{capitalised(count_word(alerts))} of {count(len(cards))} alerts rest on the {which}."


def owners_text(cards: Sequence[AlertCard]) -> str:
    """Return how many of several alerts somebody has, and who."""
    owned = [card for card in cards if card.owner is not None]
    if not owned:
        return f"Nobody has acknowledged {'either' if len(cards) == 2 else 'any'}."
    who = joined(sorted({str(card.owner) for card in owned}))
    verb = "has" if len({card.owner for card in owned}) == 1 else "have"
    if len(owned) == len(cards):
        return f"{who} {verb} {'both' if len(cards) == 2 else 'them all'}."
    left = len(cards) - len(owned)
    waits = "waits" if left == 1 else "wait"
    return f"{who} {verb} {count_word(len(owned))}; {count_word(left)} {waits} for somebody."


def near_text(cards: Sequence[AlertCard], ladder: Sequence[LadderRow]) -> Iterator[str]:
    """Yield the watches near their boundary that no alert shows, or that there is none."""
    shown = {card.watch for card in cards}
    near = [row for row in ladder if row.ratio >= NEAR and row.watch not in shown]
    if near:
        names = joined([f"{row.title} ({times(row.ratio)} of its boundary)" for row in near])
        yield f"Near its boundary: {names}." if len(near) == 1 else f"Near theirs: {names}."
    elif cards and ladder:
        yield "Nothing else is near its boundary."


def screening_text(screening: Screening) -> str:
    """Return how many terms are screened at every report, and which signal."""
    if not screening.terms:
        return "No term is screened yet."
    terms = f"{capitalised(count_word(screening.terms))} {plural(screening.terms, 'term')}"
    verb = plural(screening.terms, "is", "are")
    signals = len(screening.signals)
    if not signals:
        none = "it does not signal" if screening.terms == 1 else "none signals"
        return f"{terms} {verb} screened at every report; {none}."
    names = joined(screening.signals[:3]) if signals <= 3 else f"{screening.signals[0]} and others"
    verb_of_signals = plural(signals, "signals", "signal")
    return f"{terms} {verb} screened at every report; {signals} {verb_of_signals}: {names}."


def deaths_text(deaths: Sequence[tuple[str, int]]) -> str:
    """Return the number of deaths, by treatment."""
    total = sum(each for _, each in deaths)
    if not total:
        return "No deaths."
    by_arm = joined(
        [f"{each} {'' if name.startswith('not ') else 'on '}{name}" for name, each in deaths]
    )
    return f"{capitalised(count_word(total))} {plural(total, 'death')}: {by_arm}."
