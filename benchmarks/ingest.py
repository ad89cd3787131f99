"""Converts 1,000,000 rows of CSV in a process of its own: `python -m benchmarks.ingest [ROWS]`.

Prints the rate and the largest resident memory, and ends with 1 where that is over 300 MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from streams.sources.csv_files import CsvStudy
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import IngestReport

ROWS = 1_000_000
ROWS_OF_SUBJECT = 100
RESIDENT_MAX = 300_000_000
FIRST_DAY = date(2020, 1, 6)
TERMS = tuple(f"Term {number}" for number in range(400))

MAPPING = """\
study = "LONG"
system = "edc"
dates = ["%d-%b-%Y"]
[arms]
"Drug 10 mg" = "drug"
"Placebo" = "placebo"
[[file]]
name = "dm"
path = "dm.csv"
record = "subject"
fields = { subject = "SUBJECT", randomised_treatment = "ARM", date = "RANDOMISED" }
known_at = ["RANDOMISED"]
[[file]]
name = "tx"
path = "dm.csv"
record = "treatment"
known_at = ["RANDOMISED"]
fields = { subject = "SUBJECT", treatment = "ARM", start = "RANDOMISED" }
[[file]]
name = "ae"
path = "ae.csv"
record = "adverse_event"
key = ["SUBJECT", "ID"]
known_at = ["ENTERED"]
[file.fields]
subject = "SUBJECT"
preferred_term = "TERM"
system_organ_class = "SOC"
verbatim = "REPORTED"
onset = "ONSET"
end = "END"
serious = "SERIOUS"
criteria = { death = "DEATH", hospitalisation = "HOSPITAL" }
severity = "SEVERITY"
relatedness = { strongest = ["RELATED_1", "RELATED_2"] }
outcome = "OUTCOME"
"""
EVENT_HEADER = (
    "SUBJECT,ID,REPORTED,TERM,SOC,ONSET,END,ENTERED,SERIOUS,DEATH,HOSPITAL,SEVERITY,RELATED_1,"
    "RELATED_2,OUTCOME\n"
)


def write_listings(folder: Path, rows: int) -> None:
    """Write a mapping, the subjects, and *rows* events with text that a form would hold."""
    chance = Random(rows)
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    subjects = range(-(-rows // ROWS_OF_SUBJECT))
    with (folder / "dm.csv").open("w", encoding="utf-8") as file:
        file.write("SUBJECT,ARM,RANDOMISED\n")
        for subject in subjects:
            arm = ("Placebo", "Drug 10 mg")[subject % 2]
            file.write(f"S-{subject:06},{arm},{_day(subject // 40)}\n")
    with (folder / "ae.csv").open("w", encoding="utf-8") as file:
        file.write(EVENT_HEADER)
        for number in range(rows):
            file.write(_event(number, chance))


def _day(offset: int) -> str:
    return f"{FIRST_DAY + timedelta(days=offset):%d-%b-%Y}"


def _event(number: int, chance: Random) -> str:
    subject, event = divmod(number, ROWS_OF_SUBJECT)
    onset = subject // 40 + chance.randrange(300)
    term = chance.choice(TERMS)
    serious = chance.random() < 0.03
    return (
        f'S-{subject:06},{event},"{term}, as the site reported it, number {event}",{term},'
        f"Class {term[-1]},{_day(onset)},{_day(onset + 5)},{_day(onset + 7)},"
        f"{'Yes' if serious else 'No'},No,{'Yes' if serious else 'No'},"
        f"{chance.choice(('Mild', 'Moderate', 'Severe'))},Unrelated,Possibly Related,"
        "Recovered/Resolved\n"
    )


def map_only(folder: Path) -> None:
    """Read and map all rows, and do nothing with them."""
    mapping = StudyMapping.read(folder / "mapping.toml")
    study = CsvStudy(mapping=mapping, path=folder)
    count = sum(1 for _ in study.study_rows(IngestReport()))
    print(f"{count} rows mapped", file=sys.stderr)


def _run(name: str, rows: int, *command: str) -> bool:
    """Run *command*, print its rate and memory, and return whether it was within its memory."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    code = subprocess.run([sys.executable, "-m", *command], check=False).returncode
    seconds, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    resident = after.ru_maxrss * 1024  # The largest of all children: the smaller run goes first.
    print(
        f"{name}: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s,"
        f" {rows / processor:,.0f} rows per second of processor time,"
        f" {resident / 1e6:.0f} MB resident, exit {code}"
    )
    return code == 0 and resident <= RESIDENT_MAX


def main(arguments: list[str]) -> int:
    """Measure reading and mapping alone, then the whole ingest; return the exit code."""
    if arguments[:1] == ["map"]:
        map_only(Path(arguments[1]))
        return 0
    rows = int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        write_listings(folder, rows)
        size = (folder / "ae.csv").stat().st_size
        print(f"ae.csv: {size / 1e6:.0f} MB")
        log = str(folder / "log.jsonl")
        flags = ("--mapping", str(folder / "mapping.toml"), "--study", "LONG", "--to", log)
        is_within = [
            _run("read and map", rows, "benchmarks.ingest", "map", name),
            _run("tocsin ingest csv", rows, "tocsin", "ingest", "csv", name, *flags),
        ]
    return 0 if all(is_within) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
