"""Faults of the settings that select cases, arms and study days."""

from __future__ import annotations

TREATMENT = 'treatment = "drug"\ntier'

FAULTS: dict[str, tuple[str, str, str, str]] = {
    "severity unknown": ("serious = true", 'severity_at_least = "bad" #!',
                         "severity_at_least: is not a severity", "mild, moderate, severe"),
    "grade of 6": ("serious = true", "severity_at_least = 6 #!",
                   "severity_at_least: is not a severity", "grade from 1 to 5"),
    "grade true": ("serious = true", "severity_at_least = true #!",
                   "severity_at_least: is not a severity", "grade from 1 to 5"),
    "pool of unknown arm": (TREATMENT, 'treatment = ["drug", "x"] #!\ntier',
                            "treatment: `x` is not known", "placebo, drug, more.drug"),
    "pool of nothing": (TREATMENT, "treatment = [] #!\ntier",
                        "treatment: is not a list of words", '["A", "B"]'),
    "pool twice": (TREATMENT, 'treatment = ["drug", "drug"] #!\ntier',
                   "treatment: names something twice", "each once"),
    "pools that overlap": (TREATMENT, 'treatment = ["drug", "more.drug"]\n'
                           'control = ["placebo", "drug"] #!\ntier',
                           "control: shares `drug` with the treatment", "on one side"),
    "no study day": (TREATMENT, 'treatment = "drug"\nwithin_study_days = 0 #!\ntier',
                     "within_study_days: 0 is out of range", "from 1 to 36,525"),
    "dictionary a number": ("serious = true", "serious = true\ndictionary = 1 #!",
                            "dictionary: is not a string", "Write a string"),
}  # fmt: skip
