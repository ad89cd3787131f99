"""The JSON Schema of what ``tocsin replay --json`` prints: an alert line, and a result line."""

from __future__ import annotations

from typing import Any

from alerts.alert import AlertKind
from alerts.lifecycle import Move, State
from alerts.register.history import ReviewRefusal
from monitor.plan.watch import Analysis, ControlKind, TimeScale
from monitor.records import TermKind
from monitor.state.entities import RecordOutcome
from monitor.state.verdict import Level, VerdictReason

Schema = dict[str, Any]
SCHEMA_MAJOR = 1
TIERS = [1, 2, 3]


def result_schema() -> Schema:
    """The schema of every line: one union, told apart by ``type`` (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tocsin:replay:{SCHEMA_MAJOR}",
        "title": f"replay/{SCHEMA_MAJOR}",
        "description": "One line of `tocsin replay LOG --json`. Fields may be added; those named "
        "here are always there. null means that there is no value, or no limit.",
        "oneOf": [{"$ref": "#/$defs/alert"}, {"$ref": "#/$defs/result"}],
        "$defs": {
            "alert": _object(
                "One line as an alert rings or moves, in the log's order.", ALERT_LINE
            ),
            "result": _object("The last line of a study: all that its state says.", RESULT_LINE),
        },
    }


def _object(
    description: str, fields: dict[str, Schema], *, optional: dict[str, Schema] | None = None
) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
    }


def _list(description: str, item: str, fields: dict[str, Schema]) -> Schema:
    return {"description": description, "type": "array", "items": _object(item, fields)}


def _string(description: str, **more: Any) -> Schema:
    return {"description": description, "type": "string", **more}


def _string_or_null(description: str, **more: Any) -> Schema:
    return {"description": description, "type": ["string", "null"], **more}


def _one_of(description: str, words: list[str], *, null: bool = False) -> Schema:
    # No `type` beside it: the words and null say it.
    return {"description": description, "enum": [*words, None] if null else words}


def _count(description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": 0}


def _number(description: str, *, null: bool = False, **more: float) -> Schema:
    return {"description": description, "type": ["number", "null"] if null else "number", **more}


def _limits(description: str) -> Schema:
    limit = {"type": ["number", "null"]}
    return {
        "description": f"[lower, upper] limit of {description}; null where there is none.",
        "type": "array",
        "prefixItems": [limit, limit],
        "items": False,
        "minItems": 2,
    }


def _count_by_name(description: str, item: str) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": _count(item)}


DAY = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
SHA256 = {"pattern": "^[0-9a-f]{64}$"}
HYPOTHETICAL: Schema = {
    "description": "Whether `--plan` replaced the plan that the study had.",
    "type": "boolean",
}
PLAN = _string("SHA-256 of the plan's text in force, in hexadecimal.", **SHA256)
TERM = _string("The preferred term, system organ class or named group; `any` for any event.")
KIND = _one_of("What kind of term it is.", [kind.value for kind in TermKind])
TREATMENT = _string("The treatment received; for a watch, the one suspected.")
CONTROL = _string("The treatment compared with.")

INSTANT = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
LEVEL = _one_of("How loud; a `note` calls nobody.", ["note", "watch", "signal"])
STATE = _one_of("Where it stands.", [*map(str, State)])
RECORD_FIELDS: dict[str, Schema] = {
    "known_at": _string("When the source of the record first had it, in UTC.", **INSTANT),
    "line": {"description": "The line of the log that made it, from 1.", "type": "integer"},
    "case": _string("The record of that line, as `system/id`."),
    "version": {"description": "The version of that record.", "type": "integer", "minimum": 1},
}
DEADLINE = {
    "clock": _string("Which clock runs."),
    "date": _string("The day on which it ends.", **DAY),
}

ALERT_FIELDS: dict[str, Schema] = {
    "id": _string("Names the episode: computed from study, watch and its count, never drawn."),
    "revision": _count("1 when it is raised, one more each time it rises or moves."),
    "study": _string("The study."),
    "kind": _one_of("What it rests on: evidence, one case, the data.", [*map(str, AlertKind)]),
    "watch": _string("What rang: a watch's id in the plan, `screening/...`, or a rule."),
    "term": _string("The preferred term, class or group; of a finding what it is about."),
    "about": _string("The case, or what a finding names; empty where it rests on evidence."),
    "level": LEVEL,
    "e_value": _number("The evidence when it last rang, to six digits.", null=True, minimum=0),
    "as_of": _string("The day up to which all was known when it last rang.", **DAY),
    "state": STATE,
    "move": _one_of("What made this revision.", [*map(str, Move)]),
    "member": _string_or_null("Who made the move; null where the data did."),
    **RECORD_FIELDS,
    "plan_sha256": PLAN,
    "pages": {"description": "Whether people are called for it.", "type": "boolean"},
    "tracked": {"description": "Whether members act on it.", "type": "boolean"},
    "due": _list("What must be done by when.", "One clock.", DEADLINE),
}
ALERT_LINE: dict[str, Schema] = {
    "type": {"description": "Tells the lines apart.", "const": "alert"},
    **ALERT_FIELDS,
    "hypothetical": HYPOTHETICAL,
}

REVIEW: dict[str, Schema] = {
    "member": _string("Who asked for the move."),
    "reason": _string("The member's reason."),
    "meaning": _string("What the signature means."),
    "revision": _count("The revision that the member acted on."),
    "shown": _string("The digest of what was on the member's screen."),
    "key": _string_or_null("The key whose signature was checked; null where none was."),
}
HISTORY_ENTRY: dict[str, Schema] = {
    "revision": _count("The alert's revision after it."),
    "state": STATE,
    "level": LEVEL,
    "move": _string("The move: the fold's, a member's, or what a member asked for."),
    **RECORD_FIELDS,
    "refused": _one_of("Why it was refused.", [each.word for each in ReviewRefusal], null=True),
    "review": _object("What a member said; null where the data moved it.", REVIEW)
    | {"type": ["object", "null"]},
}

OUTCOMES: dict[RecordOutcome, str] = {
    RecordOutcome.FOLDED: "Lines that are in the state.",
    RecordOutcome.DUPLICATE: "Lines that say again what was said.",
    RecordOutcome.STALE: "Lines with a lower version than one already folded.",
    RecordOutcome.CONFLICT: "Lines of a folded version with other content; not included.",
    RecordOutcome.REFUSED: "Lines that are no record, or cannot be so; not included.",
    RecordOutcome.UNALLOCATED: "Folded cases of subjects without a known treatment: in no table.",
}
LINES_AFTER_CUTOFF = _count("Lines left out by `--as-of`; only there where a cut was asked for.")

ESTIMATE: dict[str, Schema] = {
    "value": _number("The estimate.", null=True),
    "low": _number("Lower 95 % limit.", null=True),
    "high": _number("Upper 95 % limit.", null=True),
}

RATE_ROW: dict[str, Schema] = {
    "period": _string("A period of the plan, or `all` of them together."),
    "treatment": TREATMENT,
    "kind": KIND,
    "term": TERM,
    "subjects_exposed": _count("Subjects at risk in this period on this treatment."),
    "subjects": _count("Subjects with at least one event of the term."),
    "events": _count("Events (cases) of the term."),
    "versions": _count("Accepted versions of those cases: the records that tell them."),
    "serious_subjects": _count("Subjects with at least one serious event."),
    "serious_events": _count("Serious events: flagged, with a criterion, or fatal."),
    "related_subjects": _count("Subjects with at least one related event."),
    "related_events": _count("Events possibly, probably or definitely related."),
    "person_days": _count("Days at risk, in days."),
    "person_days_to_first": _count("Days at risk up to each subject's first event, with its day."),
    "rate_per_100_patient_years": _object(
        "Events per 100 patient-years (of 365.25 days) with Garwood's limits.", ESTIMATE
    ),
}

COMPARISON: dict[str, Schema] = {
    "period": _string("A randomised period of the plan."),
    "kind": KIND,
    "term": TERM,
    "treatment": TREATMENT,
    "control": CONTROL,
    "fisher_p": _number("Fisher's exact two-sided p of subjects with.", minimum=0, maximum=1),
    "risk_difference": _number("Share of subjects with, less that on control (0 to 1).", null=True),
    "risk_difference_interval": _limits("it (Miettinen & Nurminen, 95 %)"),
    "rate_ratio": _number("Ratio of the rates of first events.", null=True),
    "rate_ratio_interval": _limits("it (exact conditional, 95 %)"),
}

EXPOSURE: dict[str, Schema] = {
    "period": _string("A period of the plan, or `all` of them together."),
    "treatment": TREATMENT,
    "subjects": _count("Subjects exposed."),
    "cycles": _count("Administrations."),
    "person_days": _count("Days at risk, in days."),
}

PERIOD_FLOW: dict[str, Schema] = {
    "period": _string("A period of the plan."),
    "randomised_treatment": _string("The arm that the subjects were randomised to."),
    "entered": _count("Subjects that were treated in the period."),
    "completed": _count("Of those, subjects that completed it."),
    "left": _count("Of those, subjects that left in it."),
    "switched": _count("Of those, subjects that changed treatment in it."),
}

FLOW: dict[str, Schema] = {
    "subjects": _count("Subjects of whom anything is known."),
    "randomised": _count_by_name("Subjects randomised, by treatment.", "Subjects."),
    "periods": _list("The flow through the periods.", "One arm in one period.", PERIOD_FLOW),
}

ASSESSMENT: dict[str, Schema] = {
    "instrument": _string("The instrument of the plan's benefit-risk panel."),
    "visit": _string("The visit."),
    "treatment": _string("The arm that the subjects were randomised to."),
    "subjects": _count("Subjects assessed."),
    "imputed": _count("Of those, values that were imputed."),
    "mean": _number("Mean value, in the instrument's unit."),
    "responders": _count_by_name("Responders by the plan's thresholds.", "Subjects at or above."),
}

WATCH: dict[str, Schema] = {
    "id": _string("The watch's id in the plan, or `screening/...`."),
    "kind": _one_of("Compared with a control arm, or with a rate.", [*map(str, ControlKind)]),
    "term_kind": KIND,
    "term": TERM,
    "treatment": TREATMENT,
    "control": _string_or_null("The control arm; null against a rate."),
    "period": _string_or_null("The period watched; null for all of them."),
    "analysis": _one_of("Whose arm counts after a switch.", [*map(str, Analysis)], null=True),
    "time": _one_of("The clock of the risk sets.", [*map(str, TimeScale)], null=True),
    "source": _string_or_null("Where the reference rate was published."),
    "tier": {"description": "1 spends a share of alpha, 2 is screened, 3 is shown.", "enum": TIERS},
    "share": _number("The share of alpha it spends.", null=True, minimum=0, maximum=1),
    "boundary": _number("The e-value at which it signals: 1 / (alpha share).", null=True),
    "events": _count("First events in its likelihood."),
    "treatment_events": _count("Of those, on the treatment."),
    "control_events": _count("Of those, on the control."),
    "e_value": _number("The evidence now; at most exp(700).", minimum=0),
    "log_e_value": _number("Its natural logarithm."),
    "p_always_valid": _number("min(1, 1 / e_value).", minimum=0, maximum=1),
    "rr": _number("Rate ratio of greatest likelihood; null without events.", null=True),
    "interval": _limits("rr, the confidence sequence at the plan's alpha"),
    "probability_rr_above_1": _number("Posterior, weak prior.", null=True, minimum=0, maximum=1),
    "probability_rr_above_2": _number("Posterior, weak prior.", null=True, minimum=0, maximum=1),
    "median_rr": _number("Posterior median of the rate ratio.", null=True),
    "level": _one_of("How loud it is now.", [level.word for level in Level]),
    "verdict": _one_of("Why, as a word.", [ground.name.lower() for ground in VerdictReason]),
    "reason": _string("Why, as a sentence."),
}

RESULT_LINE: dict[str, Schema] = {
    "type": {"description": "Tells the lines apart.", "const": "result"},
    "study": _string("The study."),
    "hypothetical": HYPOTHETICAL,
    "digest": _string("Names the final state: equal digests, equal states."),
    "plan_sha256": PLAN,
    "as_of": _string_or_null("The as-of date; null before the first record.", **DAY),
    "lines": _count("Lines read, of all studies in the log."),
    "records": _object(
        "What became of the study's lines. With one study in the log they add up to `lines`.",
        {outcome.value: _count(OUTCOMES[outcome]) for outcome in RecordOutcome},
        optional={"cut": LINES_AFTER_CUTOFF},
    ),
    "findings": _count_by_name("Accepted faults of the data, by name.", "Times it was found."),
    "tables": _list("Counts and rates by period, treatment and term.", "One cell.", RATE_ROW),
    "comparisons": _list("Arms side by side, not adjusted for looks.", "One term.", COMPARISON),
    "exposure": _list("Exposure by period and treatment.", "One treatment.", EXPOSURE),
    "flow": _object("The flow of subjects.", FLOW),
    "assessments": _list("The benefit-risk panel.", "One arm at one visit.", ASSESSMENT),
    "watches": _list("Where every watch stands.", "One watch.", WATCH),
    "alerts": _list(
        "Every alert at its latest revision, in the order in which they first rang.",
        "One alert.",
        {
            **ALERT_FIELDS,
            "history": _list("How it came to be so.", "One revision, or refusal.", HISTORY_ENTRY),
        },
    ),
}
