"""The JSON Schema of the output of ``tocsin replay --json``: alert lines and result lines."""

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
    """The schema of every line: a union discriminated by ``type`` (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tocsin:replay:{SCHEMA_MAJOR}",
        "title": f"replay/{SCHEMA_MAJOR}",
        "description": "One line of `tocsin replay LOG --json`. Fields may be added; those named "
        "here are always present. null means that there is no value, or no limit.",
        "oneOf": [{"$ref": "#/$defs/alert"}, {"$ref": "#/$defs/result"}],
        "$defs": {
            "alert": _object("One revision of an alert, in the order of the log.", ALERT_LINE),
            "result": _object("The last line of a study: its final state.", RESULT_LINE),
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
    # `enum` alone is enough: it lists all values, null included.
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
PLAN = _string("SHA-256 of the text of the plan in force, in hexadecimal.", **SHA256)
TERM = _string("The preferred term, system organ class or named group; `any` for any event.")
KIND = _one_of("The kind of the term.", [kind.value for kind in TermKind])
TREATMENT = _string("The treatment received; for a watch, the one under suspicion.")
CONTROL = _string("The control treatment.")

INSTANT = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
LEVEL = _one_of("The alert level; a `note` pages nobody.", ["note", "watch", "signal"])
STATE = _one_of("The state of the alert.", [*map(str, State)])
RECORD_FIELDS: dict[str, Schema] = {
    "known_at": _string("When the record became known to its source, in UTC.", **INSTANT),
    "line": {"description": "The line of the log that caused it, from 1.", "type": "integer"},
    "case": _string("The id of that record, as `system/id`."),
    "version": {"description": "The version of that record.", "type": "integer", "minimum": 1},
}
DEADLINE = {
    "clock": _string("What starts the clock: `receipt` or `determination`."),
    "date": _string("The last day on which a report is in time.", **DAY),
}

ALERT_FIELDS: dict[str, Schema] = {
    "id": _string("The alert id, a hash of study, watch and episode or case."),
    "revision": _count("1 when the alert is raised, plus 1 for each later change."),
    "study": _string("The study."),
    "kind": _one_of("The basis: evidence, one case or a data finding.", [*map(str, AlertKind)]),
    "watch": _string("A watch id of the plan, or `screening/...`, `rule/...`, `finding/...`."),
    "term": _string("The preferred term, class or group; for a finding, what it concerns."),
    "about": _string("The case, or what a finding concerns; empty for a signal."),
    "level": LEVEL,
    "e_value": _number("The e-value when last raised, to six digits.", null=True, minimum=0),
    "as_of": _string("The as-of date when last raised.", **DAY),
    "state": STATE,
    "move": _one_of("The move that made this revision.", [*map(str, Move)]),
    "member": _string_or_null("The member who made the move; null where data did."),
    **RECORD_FIELDS,
    "plan_sha256": PLAN,
    "pages": {"description": "Whether this revision pages people.", "type": "boolean"},
    "tracked": {"description": "Whether members review the alert.", "type": "boolean"},
    "due": _list("The reporting deadlines.", "One deadline.", DEADLINE),
}
ALERT_LINE: dict[str, Schema] = {
    "type": {"description": "The kind of the line.", "const": "alert"},
    **ALERT_FIELDS,
    "hypothetical": HYPOTHETICAL,
}

REVIEW: dict[str, Schema] = {
    "member": _string("The member who requested the move."),
    "reason": _string("The reason that the member gave."),
    "meaning": _string("The meaning of the signature."),
    "revision": _count("The revision that the member reviewed."),
    "shown": _string("The digest of what the member was shown."),
    "key": _string_or_null("The key of the verified signature; null where none was verified."),
}
HISTORY_ENTRY: dict[str, Schema] = {
    "revision": _count("The alert's revision afterwards."),
    "state": STATE,
    "level": LEVEL,
    "move": _string("The move of the data or of a member, or the one that a member requested."),
    **RECORD_FIELDS,
    "refused": _one_of("Why it was refused.", [each.word for each in ReviewRefusal], null=True),
    "review": _object("The member's review; null where data made the move.", REVIEW)
    | {"type": ["object", "null"]},
}

OUTCOMES: dict[RecordOutcome, str] = {
    RecordOutcome.FOLDED: "Lines that were folded into the state.",
    RecordOutcome.DUPLICATE: "Lines that repeat a folded version.",
    RecordOutcome.STALE: "Lines with a lower version than a folded one.",
    RecordOutcome.CONFLICT: "Lines of a folded version with other content; not included.",
    RecordOutcome.REFUSED: "Lines that are malformed or invalid in the study; not included.",
    RecordOutcome.UNALLOCATED: "Folded cases of subjects without arm or treatment; in no table.",
}
LINES_AFTER_CUTOFF = _count("Lines after the cutoff; present only where a cutoff is set.")

ESTIMATE: dict[str, Schema] = {
    "value": _number("The estimate.", null=True),
    "low": _number("Lower 95 % limit.", null=True),
    "high": _number("Upper 95 % limit.", null=True),
}

RATE_ROW: dict[str, Schema] = {
    "period": _string("A period of the plan, or `all` for all periods together."),
    "treatment": TREATMENT,
    "kind": KIND,
    "term": TERM,
    "subjects_exposed": _count("Subjects at risk in this period on this treatment."),
    "subjects": _count("Subjects with at least one event of the term."),
    "events": _count("Events (cases) of the term."),
    "versions": _count("Accepted versions of those cases, one a record."),
    "serious_subjects": _count("Subjects with at least one serious event."),
    "serious_events": _count("Serious events: flagged, with a criterion, or fatal."),
    "related_subjects": _count("Subjects with at least one related event."),
    "related_events": _count("Events possibly, probably or definitely related."),
    "person_days": _count("Days at risk, in days."),
    "person_days_to_first": _count("Days at risk up to and on each subject's first event."),
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
    "fisher_p": _number("Two-sided Fisher's exact p of subjects.", minimum=0, maximum=1),
    "risk_difference": _number("Fraction of subjects with events minus the control's.", null=True),
    "risk_difference_interval": _limits("it (Miettinen & Nurminen, 95 %)"),
    "rate_ratio": _number("Ratio of the rates of first events.", null=True),
    "rate_ratio_interval": _limits("it (exact conditional, 95 %)"),
}

EXPOSURE: dict[str, Schema] = {
    "period": _string("A period of the plan, or `all` for all periods together."),
    "treatment": TREATMENT,
    "subjects": _count("Subjects exposed."),
    "cycles": _count("Administrations."),
    "person_days": _count("Days at risk, in days."),
}

PERIOD_FLOW: dict[str, Schema] = {
    "period": _string("A period of the plan."),
    "randomised_treatment": _string("The arm that the subjects were randomised to."),
    "entered": _count("Subjects who were treated in the period."),
    "completed": _count("Of those, subjects who completed it."),
    "ongoing": _count("Of those, subjects who have not, and are on treatment on the as-of date."),
    "left": _count("Of those, subjects who neither completed it nor are ongoing."),
    "switched": _count("Of those, subjects who received another treatment in it."),
}

FLOW: dict[str, Schema] = {
    "subjects": _count("Subjects with at least one record."),
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
    "kind": _one_of("Whether control is an arm or a reference rate.", [*map(str, ControlKind)]),
    "term_kind": KIND,
    "term": TERM,
    "treatment": TREATMENT,
    "control": _string_or_null("The control arm; null against a reference rate."),
    "period": _string_or_null("The period of the watch; null for all periods."),
    "analysis": _one_of("Which arm counts after a switch.", [*map(str, Analysis)], null=True),
    "time": _one_of("The time scale of the risk sets.", [*map(str, TimeScale)], null=True),
    "source": _string_or_null("Where the reference rate was published."),
    "tier": {"description": "1 spends alpha, 2 is screened by e-BH, 3 is shown.", "enum": TIERS},
    "share": _number("The share of alpha that it spends.", null=True, minimum=0, maximum=1),
    "boundary": _number("The e-value at which it signals: 1 / (alpha share).", null=True),
    "events": _count("First events in its likelihood."),
    "treatment_events": _count("Of those, on the treatment."),
    "control_events": _count("Of those, on the control."),
    "e_value": _number("The current e-value, at most exp(700).", minimum=0),
    "log_e_value": _number("Its natural logarithm."),
    "p_always_valid": _number("min(1, 1 / e_value).", minimum=0, maximum=1),
    "rr": _number("Maximum likelihood rate ratio; null without events.", null=True),
    "interval": _limits("rr, the confidence sequence at the plan's alpha"),
    "probability_rr_above_1": _number("P(rr > 1), weak prior.", null=True, minimum=0, maximum=1),
    "probability_rr_above_2": _number("P(rr > 2), weak prior.", null=True, minimum=0, maximum=1),
    "median_rr": _number("Posterior median of the rate ratio.", null=True),
    "level": _one_of("The current level.", [level.word for level in Level]),
    "verdict": _one_of("The reason as a code.", [each.name.lower() for each in VerdictReason]),
    "reason": _string("The reason of the verdict as text."),
}

RESULT_LINE: dict[str, Schema] = {
    "type": {"description": "The kind of the line.", "const": "result"},
    "study": _string("The study."),
    "hypothetical": HYPOTHETICAL,
    "digest": _string("Digest of the final state; equal digests mean equal states."),
    "plan_sha256": PLAN,
    "as_of": _string_or_null("The as-of date; null before the first record.", **DAY),
    "lines": _count("Lines read, of all studies in the log."),
    "records": _object(
        "The study's lines by outcome. With one study in the log they add up to `lines`.",
        {outcome.value: _count(OUTCOMES[outcome]) for outcome in RecordOutcome},
        optional={"cut": LINES_AFTER_CUTOFF},
    ),
    "findings": _count_by_name("Data quality counts, by name.", "Times it was found."),
    "tables": _list("Counts and rates by period, treatment and term.", "One cell.", RATE_ROW),
    "comparisons": _list("Arm comparisons, not adjusted for looks.", "One term.", COMPARISON),
    "exposure": _list("Exposure by period and treatment.", "One treatment.", EXPOSURE),
    "flow": _object("The flow of subjects.", FLOW),
    "assessments": _list("The benefit-risk panel.", "One arm at one visit.", ASSESSMENT),
    "watches": _list("The current verdict of every watch.", "One watch.", WATCH),
    "alerts": _list(
        "Every alert at its latest revision, in the order in which they were raised.",
        "One alert.",
        {
            **ALERT_FIELDS,
            "history": _list("The alert's history.", "A revision or a refusal.", HISTORY_ENTRY),
        },
    ),
}
