"""The JSON Schema of the output of ``tocsin replay --json``: alert lines and result lines."""

from __future__ import annotations

from alerts.alert import AlertKind
from alerts.lifecycle import Move, State
from alerts.register.history import ReviewRefusal
from monitor.plan.watch import Analysis, ControlKind, TimeScale
from monitor.records import TermKind
from monitor.state.entities import RecordOutcome
from monitor.state.verdict import Level, VerdictReason
from streams.replay.schema_parts import (
    Schema,
    count,
    counts_by_name,
    limits,
    list_of,
    nullable_string,
    number,
    object_of,
    one_of,
    string,
)

SCHEMA_MAJOR = 1
TIERS = [1, 2, 3]


def result_schema() -> Schema:
    """The schema of every line: a union discriminated by ``type`` (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tocsin:replay:{SCHEMA_MAJOR}",
        "title": f"replay/{SCHEMA_MAJOR}",
        "description": "One line of `tocsin replay LOG --json`. Fields may be added; those that "
        "are required are always present. null means that there is no value, or no limit.",
        "oneOf": [{"$ref": "#/$defs/alert"}, {"$ref": "#/$defs/result"}],
        "$defs": {
            "alert": object_of(
                "One revision of an alert, in the order of the log.",
                ALERT_LINE,
                optional=OF_DICTIONARY,
            ),
            "result": object_of("The last line of a study: its final state.", RESULT_LINE),
        },
    }


DAY = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
SHA256 = {"pattern": "^[0-9a-f]{64}$"}
HYPOTHETICAL: Schema = {
    "description": "Whether `--plan` replaced the plan that the study had.",
    "type": "boolean",
}
PLAN = string("SHA-256 of the text of the plan in force, in hexadecimal.", **SHA256)
TERM = string("The preferred term, system organ class or named group; `any` for any event.")
KIND = one_of("The kind of the term.", [kind.value for kind in TermKind])
TREATMENT = string("The treatment received; for a watch, the one under suspicion.")
CONTROL = string("The control treatment.")

OF_DICTIONARY = {
    "dictionary": string("The dictionary of the term with its version, where the plan names it.")
}
POOLED = {"type": "array", "items": {"type": "string"}, "minItems": 2}
INSTANT = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
LEVEL = one_of("The alert level; a `note` pages nobody.", ["note", "watch", "signal"])
STATE = one_of("The state of the alert.", [*map(str, State)])
RECORD_FIELDS: dict[str, Schema] = {
    "known_at": string("When the record became known to its source, in UTC.", **INSTANT),
    "line": {"description": "The line of the log that caused it, from 1.", "type": "integer"},
    "case": string("The id of that record, as `system/id`."),
    "version": {"description": "The version of that record.", "type": "integer", "minimum": 1},
}
DEADLINE = {
    "clock": string("What starts the clock: `receipt` or `determination`."),
    "date": string("The last day on which a report is in time.", **DAY),
}

ALERT_FIELDS: dict[str, Schema] = {
    "id": string("The alert id, a hash of study, watch and episode or case."),
    "revision": count("1 when the alert is raised, plus 1 for each later change."),
    "study": string("The study."),
    "kind": one_of("The basis: evidence, one case or a data finding.", [*map(str, AlertKind)]),
    "watch": string("A watch id of the plan, or `screening/...`, `rule/...`, `finding/...`."),
    "term": string("The preferred term, class or group; for a finding, what it concerns."),
    "about": string("The case, or what a finding concerns; empty for a signal."),
    "level": LEVEL,
    "e_value": number("The e-value when last raised, to six digits.", null=True, minimum=0),
    "as_of": string("The as-of date when last raised.", **DAY),
    "state": STATE,
    "move": one_of("The move that made this revision.", [*map(str, Move)]),
    "member": nullable_string("The member who made the move; null where data did."),
    **RECORD_FIELDS,
    "plan_sha256": PLAN,
    "pages": {"description": "Whether this revision pages people.", "type": "boolean"},
    "tracked": {"description": "Whether members review the alert.", "type": "boolean"},
    "due": list_of("The reporting deadlines.", "One deadline.", DEADLINE),
}
ALERT_LINE: dict[str, Schema] = {
    "type": {"description": "The kind of the line.", "const": "alert"},
    **ALERT_FIELDS,
    "hypothetical": HYPOTHETICAL,
}

REVIEW: dict[str, Schema] = {
    "member": string("The member who requested the move."),
    "reason": string("The reason that the member gave."),
    "meaning": string("The meaning of the signature."),
    "revision": count("The revision that the member reviewed."),
    "shown": string("The digest of what the member was shown."),
    "key": nullable_string("The key of the verified signature; null where none was verified."),
}
HISTORY_ENTRY: dict[str, Schema] = {
    "revision": count("The alert's revision afterwards."),
    "state": STATE,
    "level": LEVEL,
    "move": string("The move of the data or of a member, or the one that a member requested."),
    **RECORD_FIELDS,
    "refused": one_of("Why it was refused.", [each.word for each in ReviewRefusal], null=True),
    "review": object_of("The member's review; null where data made the move.", REVIEW)
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
LINES_AFTER_CUTOFF = count("Lines after the cutoff; present only where a cutoff is set.")

ESTIMATE: dict[str, Schema] = {
    "value": number("The estimate.", null=True),
    "low": number("Lower 95 % limit.", null=True),
    "high": number("Upper 95 % limit.", null=True),
}

RATE_ROW: dict[str, Schema] = {
    "period": string("A period of the plan, or `all` for all periods together."),
    "treatment": TREATMENT,
    "kind": KIND,
    "term": TERM,
    "subjects_exposed": count("Subjects at risk in this period on this treatment."),
    "subjects": count("Subjects with at least one event of the term."),
    "events": count("Events (cases) of the term."),
    "versions": count("Accepted versions of those cases, one a record."),
    "serious_subjects": count("Subjects with at least one serious event."),
    "serious_events": count("Serious events: flagged, with a criterion, or fatal."),
    "related_subjects": count("Subjects with at least one related event."),
    "related_events": count("Events possibly, probably or definitely related."),
    "person_days": count("Days at risk, in days."),
    "person_days_to_first": count("Days at risk up to and on each subject's first event."),
    "rate_per_100_patient_years": object_of(
        "Events per 100 patient-years (of 365.25 days) with Garwood's limits.", ESTIMATE
    ),
}

COMPARISON: dict[str, Schema] = {
    "period": string("A randomised period of the plan."),
    "kind": KIND,
    "term": TERM,
    "treatment": TREATMENT,
    "control": CONTROL,
    "fisher_p": number("Two-sided Fisher's exact p of subjects.", minimum=0, maximum=1),
    "risk_difference": number("Fraction of subjects with events minus the control's.", null=True),
    "risk_difference_interval": limits("it (Miettinen & Nurminen, 95 %)"),
    "rate_ratio": number("Ratio of the rates of first events.", null=True),
    "rate_ratio_interval": limits("it (exact conditional, 95 %)"),
}

EXPOSURE: dict[str, Schema] = {
    "period": string("A period of the plan, or `all` for all periods together."),
    "treatment": TREATMENT,
    "subjects": count("Subjects exposed."),
    "cycles": count("Administrations."),
    "person_days": count("Days at risk, in days."),
}

PERIOD_FLOW: dict[str, Schema] = {
    "period": string("A period of the plan."),
    "randomised_treatment": string("The arm that the subjects were randomised to."),
    "entered": count("Subjects who were treated in the period."),
    "completed": count("Of those, subjects who completed it."),
    "ongoing": count("Of those, subjects who have not, and are on treatment on the as-of date."),
    "left": count("Of those, subjects who neither completed it nor are ongoing."),
    "switched": count("Of those, subjects who received another treatment in it."),
}

FLOW: dict[str, Schema] = {
    "subjects": count("Subjects with at least one record."),
    "randomised": counts_by_name("Subjects randomised, by treatment.", "Subjects."),
    "periods": list_of("The flow through the periods.", "One arm in one period.", PERIOD_FLOW),
}

ASSESSMENT: dict[str, Schema] = {
    "instrument": string("The instrument of the plan's benefit-risk panel."),
    "visit": string("The visit."),
    "treatment": string("The arm that the subjects were randomised to."),
    "subjects": count("Subjects assessed."),
    "imputed": count("Of those, values that were imputed."),
    "mean": number("Mean value, in the instrument's unit."),
    "responders": counts_by_name("Responders by the plan's thresholds.", "Subjects at or above."),
}

WATCH: dict[str, Schema] = {
    "id": string("The watch's id in the plan, or `screening/...`."),
    "kind": one_of("Whether control is an arm or a reference rate.", [*map(str, ControlKind)]),
    "term_kind": KIND,
    "term": TERM,
    "treatment": TREATMENT,
    "control": nullable_string("The control arm; null against a reference rate."),
    "period": nullable_string("The period of the watch; null for all periods."),
    "analysis": one_of("Which arm counts after a switch.", [*map(str, Analysis)], null=True),
    "time": one_of("The time scale of the risk sets.", [*map(str, TimeScale)], null=True),
    "source": nullable_string("Where the reference rate was published."),
    "tier": {"description": "1 spends alpha, 2 is screened by e-BH, 3 is shown.", "enum": TIERS},
    "share": number("The share of alpha that it spends.", null=True, minimum=0, maximum=1),
    "boundary": number("The e-value at which it signals: 1 / (alpha share).", null=True),
    "events": count("First events in its likelihood."),
    "treatment_events": count("Of those, on the treatment."),
    "control_events": count("Of those, on the control."),
    "e_value": number("The current e-value, at most exp(700).", minimum=0),
    "log_e_value": number("Its natural logarithm."),
    "p_always_valid": number("min(1, 1 / e_value).", minimum=0, maximum=1),
    "rr": number("Maximum likelihood rate ratio; null without events.", null=True),
    "interval": limits("rr, the confidence sequence at the plan's alpha"),
    "probability_rr_above_1": number("P(rr > 1), weak prior.", null=True, minimum=0, maximum=1),
    "probability_rr_above_2": number("P(rr > 2), weak prior.", null=True, minimum=0, maximum=1),
    "median_rr": number("Posterior median of the rate ratio.", null=True),
    "level": one_of("The current level.", [level.word for level in Level]),
    "verdict": one_of("The reason as a code.", [each.name.lower() for each in VerdictReason]),
    "reason": string("The reason of the verdict as text."),
}

WATCH_OPTIONAL: dict[str, Schema] = {
    "treatments": {**POOLED, "description": "The pooled treatments, where there are several."},
    "controls": {**POOLED, "description": "The pooled controls, where there are several."},
    "within_study_days": count("Study days after which risk ends, where the plan says so."),
    **OF_DICTIONARY,
}

RESULT_LINE: dict[str, Schema] = {
    "type": {"description": "The kind of the line.", "const": "result"},
    "study": string("The study."),
    "hypothetical": HYPOTHETICAL,
    "digest": string("Digest of the final state; equal digests mean equal states."),
    "plan_sha256": PLAN,
    "as_of": nullable_string("The as-of date; null before the first record.", **DAY),
    "lines": count("Lines read, of all studies in the log."),
    "records": object_of(
        "The study's lines by outcome. With one study in the log they add up to `lines`.",
        {outcome.value: count(OUTCOMES[outcome]) for outcome in RecordOutcome},
        optional={"cut": LINES_AFTER_CUTOFF},
    ),
    "findings": counts_by_name("Data quality counts, by name.", "Times it was found."),
    "tables": list_of("Counts and rates by period, treatment and term.", "One cell.", RATE_ROW),
    "comparisons": list_of("Arm comparisons, not adjusted for looks.", "One term.", COMPARISON),
    "exposure": list_of("Exposure by period and treatment.", "One treatment.", EXPOSURE),
    "flow": object_of("The flow of subjects.", FLOW),
    "assessments": list_of("The benefit-risk panel.", "One arm at one visit.", ASSESSMENT),
    "watches": list_of(
        "The current verdict of every watch.", "One watch.", WATCH, optional=WATCH_OPTIONAL
    ),
    "alerts": list_of(
        "Every alert at its latest revision, in the order in which they were raised.",
        "One alert.",
        {
            **ALERT_FIELDS,
            "history": list_of("The alert's history.", "A revision or a refusal.", HISTORY_ENTRY),
        },
        optional=OF_DICTIONARY,
    ),
}
