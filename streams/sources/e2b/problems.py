"""What can be wrong with a report of E2B(R3), and what the ingest then does."""

from __future__ import annotations

from streams.sources.report import Problem

NO_CASE_ID = Problem(
    "e2b_no_case_id",
    "the report has neither a worldwide case number nor a sender's report number",
    "export the report again: it is not valid E2B(R3) without them",
)
NO_SUBJECT = Problem(
    "e2b_no_subject",
    "the report does not name the number of its subject, or masks it",
    "name the element that holds it as `subject` in --mapping: one of investigation (D.1.1.4),"
    " gp, specialist, hospital, name",
)
UNKNOWN_SUBJECT = Problem(
    "e2b_unknown_subject",
    "the number of the subject is not in [subjects] of the mapping",
    "add it there, or remove [subjects] if the numbers are those of the study's other sources",
)
SEVERAL_STUDIES = Problem(
    "e2b_several_studies",
    "the reports bear the numbers of several studies",
    "name the study as `study_number` in --mapping; reports of others are then left out",
)
OTHER_STUDY = Problem(
    "e2b_other_study",
    "the report bears the number of another study",
    "left out",
)
HISTORY = Problem(
    "e2b_history",
    "a reaction to an earlier drug stands in the history of the patient",
    "left out: it is no event of this report",
)
NO_REACTION = Problem(
    "e2b_no_reaction",
    "the report has no reaction",
    "no record",
)
CODE_WITHOUT_TEXT = Problem(
    "e2b_code_without_text",
    "the reaction is a MedDRA code, and no dictionary gives its term",
    'the term is "MedDRA" and the code; name the folder of the licensed dictionary as `meddra`, or'
    " the terms in [terms] of --mapping",
)
CODE_NOT_IN_DICTIONARY = Problem(
    "e2b_code_not_in_dictionary",
    "the MedDRA code is in neither the dictionary nor [terms] of the mapping",
    "use the version of the dictionary that the report names, or add the code to [terms]",
)
UNKNOWN_CODE = Problem(
    "e2b_unknown_code",
    "the code is in no code list of ICH E2B(R3)",
    "have the sender correct the report",
)
UNKNOWN_CAUSALITY = Problem(
    "e2b_unknown_causality",
    "the result of a causality assessment is free text with an unknown word",
    "add the word to [relatedness] of --mapping",
)
NULLIFIED = Problem(
    "e2b_nullified",
    "the report nullifies its case",
    "its reactions are retracted",
)
AFTER_NULLIFICATION = Problem(
    "e2b_after_nullification",
    "a report follows the nullification of its case",
    "its reactions are new cases: a retraction is final",
)
DROPPED = Problem(
    "e2b_dropped",
    "a follow-up report has no longer a reaction of the report before it",
    "the reaction is retracted",
)
