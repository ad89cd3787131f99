"""`make bench`: speed and memory of the fold, each number beside one to compare it with."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import growth
from benchmarks.report import Table, heading, merge_sections
from benchmarks.sections import SECTIONS
from benchmarks.suite import ROOT, BenchmarkSuite

RESULTS = ROOT / "benchmarks" / "RESULTS.md"


def main() -> None:
    """Run the benchmarks, print each section when it is done, and write RESULTS.md with --keep.

    With names of sections, only these are run, and --keep replaces them in RESULTS.md.
    """
    arguments = _arguments()
    if "growth" in arguments.sections:
        sys.exit(growth.main())
    sections = [heading(sys.argv[1:])]
    print(sections[0])
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        suite = BenchmarkSuite(Path(folder), trials=200 if arguments.full else 40)
        for name in arguments.sections or SECTIONS:
            sections.append(SECTIONS[name](suite))
            print(sections[-1], flush=True)
    if arguments.keep:
        _keep(sections, is_whole=not arguments.sections)


def _keep(sections: list[Table], *, is_whole: bool) -> None:
    """Write RESULTS.md, or replace the measured sections in it, each with its own heading."""
    if is_whole:
        RESULTS.write_text("\n".join(sections))
    else:
        measured = sections[0].partition("\n\n")[2].partition("\n")[0]
        dated = [f"{text.rstrip()}\n\nMeasured apart: {measured}\n" for text in sections[1:]]
        RESULTS.write_text(merge_sections(RESULTS.read_text(), "\n".join(dated)))
    print(f"kept in {RESULTS.relative_to(ROOT)}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", choices=[*SECTIONS, "growth"], help="run only these sections"
    )
    parser.add_argument("--full", action="store_true", help="200 trials of 5,000, not 40")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
