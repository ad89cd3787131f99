"""A plan that uses every setting, and faults of it."""

from __future__ import annotations

from tests.monitor.plan import board_seats as seats
from tests.monitor.plan import selections

PLAN = """\
study = "STUDY-1"
title = "A trial"
alpha = 0.05
q = 0.1
treatments = { control = "placebo", active = ["drug", "more.drug"] }

[[periods]]
id = "run-in"
randomised = false

[[periods]]
id = "double-blind"
title = "Weeks 0 to 16"
randomised = true

[dates]
partial = "last_day"

[at_risk]
window_days = 14

[limits]
as_of_jump_days = 90
silent_site_days = 45

[levels]
watch = 4

[screening]
analysis = "as_randomised"

[benefit_risk]
instruments = ["TIS"]
responder = [20, 40.5]

[groups.clots]
preferred_terms = [
    "DVT",  # [not.a.head]
    "PE",
]

[groups."adjudicated"]
adjudication = "clots"
action_taken = ["drug_withdrawn"]
outcome = ["fatal"]
serious = true

[groups.haemolysis]
title = \"\"\"
[watches]
share = 1\"\"\"
any_of = ["Haemolysis"]
both = [
    ["Anaemia"],
    ["Haemoglobinuria"],
]
within_days = 14

[[watches]]
id = "clots"
group = "clots"
treatment = "drug"
tier = 1
share = 0.5

[[watches]]
id = "clots-history"
kind = "reference"
group = "clots"
treatment = "drug"
period = "run-in"
historical_events = 20
historical_patient_years = 400
source = "A register"
tier = 1
share = 0.25
minimum_events = 3

[[watches]]
id = "any"
any = true
analysis = "as_treated"
tier = 3

[[rules]]
name = "deaths"
when = "fatal"

[[rules]]
name = "any-clot"
when = "group"
group = "clots"
expected = true
"""
PLAN += seats.BOARD

MANY_ARMS = ", ".join(f'"arm-{number}"' for number in range(63))
MINIMAL_PLAN = 'study = "A"\ntreatments = { control = "a", active = ["b"] }\n'
PERIOD = 'periods = [{ id = "p", randomised = false }]\nscreening = { enabled = false }'
WATCH = '[[watches]] #!\nid = "more"\npreferred_term = "DVT"\ntier = 3\n'
RATE_RANGE = "from 1e-06 to 1,000,000,000"

Fault = tuple[str, str, str, str]
"""A piece of the plan (empty for the whole plan), its replacement (in which ``#!`` ends the line
at fault), and parts of the expected problem and remedy."""

FAULTS: dict[str, Fault] = {
    "not TOML": ("alpha = 0.05", "alpha = #!", "not TOML", "Correct the syntax"),
    "cut off": ("tier = 3\n", "tier = #!", "not TOML", "Correct the syntax"),
    "key twice": ("q = 0.1", "alpha = 0.1 #!", "not TOML", "Correct the syntax"),
    "number too long": ("q = 0.1", f"q = {'1' * 5000} #!", "nested too deep", "Leave out"),
    "lists in lists": ("q = 0.1", f"q = {'[' * 5000} #!", "nested too deep", "Leave out"),
    "no study": ('study = "STUDY-1"', "#!", "has no `study`", 'study = "STUDY-1"'),
    "study a number": ('"STUDY-1"', "1 #!", "study: is not a string", "Write a string"),
    "study a sentence": ("STUDY-1", "STUDY 1", "study: is not a name", "64 of letters"),
    "alpha is 1": ("alpha = 0.05", "alpha = 1 #!", "alpha: 1 is out of range", "to 0.99"),
    "alpha is nan": ("alpha = 0.05", "alpha = nan #!", "alpha: nan is out", "from 1e-06"),
    "alpha a word": ("alpha = 0.05", 'alpha = "a" #!', "alpha: is not a number", "to 0.99"),
    "alpha true": ("alpha = 0.05", "alpha = true #!", "alpha: is not a number", "to 0.99"),
    "q is 0": ("q = 0.1", "q = 0 #!", "q: 0 is out of range", "Give `q` a number"),
    "unknown setting": ("q = 0.1", "quiet = 1 #!", "quiet: is not known here", "alpha"),
    "unknown table": ("[dates]", "[[dats.a]] #!\n[dates]", "dats: is not known", "dates"),
    "control not named": ('control = "placebo", ', "", "has no `control`", "Name the control"),
    "control active": ('"drug", ', '"placebo", ', "does not name the other", "List the others"),
    "arms a word": ('["drug", "more.drug"] }', '"drug" } #!', "active: is not a list", "a list"),
    "arm twice": ('"more.drug"', '"drug"', "active: names something twice", "each once"),
    "arm with a space": ("more.drug", "more drug", "active: contains an invalid name", "records"),
    "arms beyond count": ('"more.drug"', MANY_ARMS, "names 64 treatments, too many", "at most 64"),
    "period twice": ('"double-blind"', '"run-in" #!', "periods[2].id: `run-in` is taken", "own"),
    "period all": ('"run-in"\nrand', '"all" #!\nrand', "periods[1].id: `all` is taken", "own"),
    "period unnamed": ('[[periods]]\nid = "run-in"', "[[periods]] #!", "no `id`", "Name the"),
    "period a word": ("randomised = true", 'randomised = "x" #!', "is not true or false", "Write"),
    "date rule unknown": ("last_day", 'noon" #!\n#',
                          "dates.partial: `noon`", "first_day, last_day"),
    "window a word": ("= 14\n\n[l", '= "x" #!\n\n[l', "window_days: is not a number", "unbounded"),
    "window negative": ("= 14\n\n[l", "= -1 #!\n\n[l", "window_days: -1 is out", "0 to 36,525"),
    "window a fraction": ("= 14\n\n[l", "= 1.5 #!\n\n[l", "window_days: 1.5 is not", "whole"),
    "jump of 0 days": ("= 90", "= 0 #!", "as_of_jump_days: 0 is out of range", "from 1 to"),
    "jump infinite": ("= 90", "= inf #!", "as_of_jump_days: inf is out of range", "36,525"),
    "last day a word": ("= 45", '= 45\nno_day_after = "2026" #!',
                        "no_day_after: is not a date", "without quotes"),
    "silence of 0 days": ("= 45", "= 0 #!", "silent_site_days: 0 is out of range", "from 1 to"),
    "level below 1": ("watch = 4", "watch = 0.5 #!", "levels.watch: 0.5 is out", "from 1 to"),
    "screening period unknown": ("[screening]", '[screening]\nperiod = "x" #!',
                                 "`x` is not a", "Name one"),
    "screening not randomised": ("[screening]", '[screening]\nperiod = "run-in" #!',
                                 "randomised", "= true"),
    "screening of no arms": ("randomised = true", "randomised = false",
                             "not randomised", "enabled = false"),
    "screening flag a number": ("[screening]", "[screening]\nenabled = 1 #!", "enabled", "true"),
    "screening analysis unknown": ("as_randomised", 'as" #!\n#',
                                   "screening.analysis: `as`", "as_treated"),
    "panel without instruments": ('instruments = ["TIS"]\nr', "r",
                                  "has no `instruments`", '["TIS"]'),
    "panel misspelt": ("responder = [", "respond = [ #!\n", "respond: is not known", "responder"),
    "scores words": ("40.5]", '"x"] #!', "responder: is not a list of numbers", "[20, 40]"),
    "scores true": ("40.5]", "true] #!", "responder: is not a list of numbers", "[20, 40]"),
    "group name": ("[groups.clots]", '[groups."c s"] #!', "groups.c s: is not a name", "letters"),
    "group a word": ("[dates]", "[groups]\nx = 1 #!\n[dates]", "groups.x: is not a table", "table"),
    "group empty": ("[groups.cl", "[groups.x] #!\n[groups.cl", "has no condition", "serious"),
    "terms empty": ('"DVT",  # [not.a.head]\n    "PE",', "", "is not a list of words", '["A"'),
    "answer unnamed": ('adjudication = "clots"', 'adjudication = "" #!', "not a name", "letters"),
    "action unknown": ("drug_withdrawn", 'gone"] #!\n#', "`gone` is not known", "drug_withdrawn"),
    "outcome unknown": ('["fatal"]', '["x"] #!', "adjudicated.outcome: `x`", "fatal"),
    "serious a word": ("serious = true", "serious = 1 #!", "is not true or false", "Write true"),
    "any_of alone": ('both = [\n    ["Anaemia"],\n    ["Haemoglobinuria"],\n]\nwithin_days = 14',
                     "", "any_of: needs `both`", "`preferred_terms` without"),
    "days alone": ('any_of = ["Haemolysis"]\nboth = [\n    ["Anaemia"],\n'
                   '    ["Haemoglobinuria"],\n]', "", "within_days: has no `both`", "Add both"),
    "one list of the pair": ('    ["Anaemia"],\n', "",
                             "both: is not two lists of terms", '[["B"], ["C"]]'),
    "sides of numbers": ('["Anaemia"]', "[1]", "both: is not two lists of terms", '["C"]'),
    "sides of lists": ('["Anaemia"]', '[["A"]]', "both: is not two lists of terms", '["C"]'),
    "no days": ("]\nwithin_days = 14", "]", "both: has no `within_days`", "how many days"),
    "days negative": ("\nwithin_days = 14", "\nwithin_days = -1 #!", "-1 is out", "to 36,525"),
    "watches a table": ("[dates]", "[[watches]]\n[dates]\n[watches] #!", "not TOML", "Correct"),
    "watches "
    "numbers": ("", MINIMAL_PLAN + PERIOD + "\nwatches = [1] #!", "list of tables", "[[watches]]"),
    "no period": ("", MINIMAL_PLAN, "plan: has no period", "Add [[periods]]"),
    "no arms": ("", 'study = "A"', "treatments: has no `control`", "Name the control"),
    "none "
    "randomised": ("", f"{MINIMAL_PLAN}{PERIOD}\n{WATCH}", "are not randomised", "a reference"),
    "watch unnamed": ('id = "any"\n', "", "watches[3]: has no `id`", "Name the watch"),
    "watch twice": ('id = "any"', 'id = "clots" #!', "watches[3].id: `clots` is taken", "own"),
    "kind unknown": ('"reference"', '"x" #!', "watches[2].kind: `x`", "concurrent, reference"),
    "term unknown": ('group = "clots"\ntreatment = "drug"\ntier', 'group = "x" #!\ntier',
                     "watches[1].group: `x` is not a group", "Define [groups.x]"),
    "no term": ("any = true\n", "", "watches[3]: does not name one term", "Give one of group"),
    "two terms": ("any = true", 'any = true\ngroup = "clots"', "not name one term", "any = true"),
    "treatment unknown": ('"drug"\np', '"x" #!\np', "watches[2].treatment: `x`", "placebo, drug"),
    "against itself": ("any = true", 'any = true\ncontrol = "drug" #!', "itself", "two different"),
    "period unknown": ("any = true", 'any = true\nperiod = "x" #!', "`x` is not known", "run-in"),
    "period not randomised": ("any = true", 'any = true\nperiod = "run-in" #!',
                              "not randomised", "= true"),
    "time unknown": ("any = true", 'any = true\ntime = "x" #!', "`x` is not", "study, calendar"),
    "tier 2": ("tier = 3", "tier = 2 #!", "2 is not a tier of named watches", "Use 1"),
    "no share": ("tier = 1\nshare = 0.5", "tier = 1", "watches[1]: has no `share`", "to 1."),
    "share negative": ("share = 0.5", "share = -0.5 #!", "share: -0.5 is out", "from 1e-06 to 1."),
    "shares over 1": ("share = 0.25", "share = 0.51 #!", "brings the shares to 1.01", "at most 1"),
    "share of tier 3": ("tier = 3", "tier = 3\nshare = 0.1 #!", "that is not tested", "tier 1"),
    "no rate": ("historical_events = 20\nhistorical_patient_years = 400\n", "",
                "needs one reference rate", "Give rate"),
    "two rates": ("historical_events = 20", "historical_events = 20\n"
                  "rate_per_100_patient_years = 5", "needs one reference rate", "Give rate"),
    "rate of 0": ("historical_events = 20\nhistorical_patient_years = 400",
                  "rate_per_100_patient_years = 0 #!", "0 is out of range", RATE_RANGE),
    "no history": ("_events = 20", "_events = 0 #!", "historical_events: 0 is out", "from 1"),
    "no "
    "years": ("historical_patient_years = 400\n", "", "no `historical_patient_years`", RATE_RANGE),
    "no source": ('source = "A register"\n', "", "watches[2]: has no `source`", "published"),
    "reference to arms": ('source = "A', 'time = "study" #!\nsource = "A', "time: is not known",
                          "source"),
    "events a fraction": ("minimum_events = 3", "minimum_events = 1.5 #!", "1.5 is not whole", "w"),
    "events infinite": ("minimum_events = 3", "minimum_events = inf #!", "inf is out", "from 1"),
    "rule unnamed": ('name = "deaths"\n', "", "rules[1]: has no `name`", "Name the rule"),
    "rule twice": ('"any-clot"', '"deaths" #!', "rules[2].name: `deaths` is taken", "own"),
    "rule without trigger": ('when = "fatal"\n', "", "rules[1]: has no `when`", "Give its trigger"),
    "rule unknown": ('when = "fatal"', 'when = "x" #!', "rules[1].when: `x`", "fatal, life_"),
    "rule without group": ('group = "clots"\nexpected', "expected", "has no `group`", "Name one"),
    "rule of unknown group": ('group = "clots"\nexpected', 'group = "x" #!\nexpected',
                           "rules[2].group: `x` is not a group", "Define [groups.x]"),
    "rule with needless group": ('when = "fatal"', 'when = "fatal"\ngroup = "clots" #!',
                         'group: is set, but `when` is not "group"', 'when = "group"'),
    "rule misspelt": ("expected = true", "expectd = true #!", "expectd: is not known", "expected"),
    "rule a word": ("expected = true", "expected = 1 #!", "expected: is not true or", "Write true"),
    "level infinite": ("minimum_events = 3", "watch_level = inf #!", "inf is out", "1,000,000."),
}  # fmt: skip
FAULTS |= seats.FAULTS | selections.FAULTS

LINE_STARTS: dict[str, str] = {
    "no study": "",
    "no period": "",
    "no arms": "",
    "control not named": "treatments =",
    "control active": "treatments =",
    "arm twice": "treatments =",
    "arms beyond count": "treatments =",
    "arm with a space": "treatments =",
    "study a sentence": "study",
    "screening of no arms": "[screening]",
    "panel without instruments": "[benefit_risk]",
    "terms empty": "preferred_terms = [",
    "any_of alone": "any_of",
    "days alone": "within_days",
    "one list of the pair": "both = [",
    "sides of numbers": "both = [",
    "sides of lists": "both = [",
    "no days": "both = [",
    "watch unnamed": "[[watches]] 3",
    "no term": "[[watches]] 3",
    "two terms": "[[watches]] 3",
    "no share": "[[watches]] 1",
    "no rate": "[[watches]] 2",
    "two rates": "[[watches]] 2",
    "no years": "[[watches]] 2",
    "no source": "[[watches]] 2",
    "rule unnamed": "[[rules]] 1",
    "rule without trigger": "[[rules]] 1",
    "rule without group": "[[rules]] 2",
}
LINE_STARTS |= seats.LINE_STARTS
"""For faults without a ``#!`` mark, such as a missing setting or a value over several lines: the
start of the line at fault, and which of several such lines."""


def faulty_plan(name: str) -> str:
    """The plan with the fault *name*."""
    old, new, *_ = FAULTS[name]
    if not old:
        return new
    assert PLAN.count(old) == 1, f"{old!r} is in the plan {PLAN.count(old)} times"
    return PLAN.replace(old, new)


def line_at_fault(name: str) -> int:
    """The number of the line at fault, counted from 1."""
    start, _, which = LINE_STARTS.get(name, "#!").partition("]] ")
    start, nth = (start + "]]", int(which)) if which else (start, 1)
    lines = enumerate(faulty_plan(name).split("\n"), start=1)
    at_fault = [n for n, line in lines if line.startswith(start) or start in line[-2:]]
    return at_fault[nth - 1]
