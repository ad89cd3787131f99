"""The files of a report, and how they are written: the folder appears whole, by rename."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp

from board.report.document import Report
from board.report.html import report_html
from board.report.pdf import check_pdf, report_pdf
from board.report.rtf import check_rtf, report_rtf


class ReportFormat(StrEnum):
    """A format of a report."""

    HTML = "html"
    CSV = "csv"
    PDF = "pdf"
    RTF = "rtf"


Files = Iterator[tuple[str, bytes]]
"""Path in the folder of a report, and content."""


def check_formats(formats: Sequence[ReportFormat]) -> None:
    """Raise FormatUnavailableError where a library that a format needs is missing."""
    if ReportFormat.PDF in formats:
        check_pdf()
    if ReportFormat.RTF in formats:
        check_rtf()


def report_files(report: Report, formats: Sequence[ReportFormat]) -> Files:
    """Yield each file of *report* in *formats*, whose libraries ``check_formats`` has found."""
    for each in dict.fromkeys(formats):
        yield from WRITERS[each](report)


def _html_files(report: Report) -> Files:
    yield "report.html", report_html(report).encode()


def _pdf_files(report: Report) -> Files:
    yield "report.pdf", report_pdf(report)


def _csv_files(report: Report) -> Files:
    for table in report.tables:
        yield f"csv/{file_name(table.name)}.csv", table.csv_text().encode()


def _rtf_files(report: Report) -> Files:
    for name, content in report_rtf(report):
        yield f"rtf/{file_name(name)}.rtf", content


WRITERS: Mapping[ReportFormat, Callable[[Report], Files]] = {
    ReportFormat.HTML: _html_files,
    ReportFormat.CSV: _csv_files,
    ReportFormat.PDF: _pdf_files,
    ReportFormat.RTF: _rtf_files,
}


def file_name(name: str) -> str:
    """Return *name* with characters only that every file system has.

    >>> file_name("incidence_preferred_term_Deep vein/../thrombosis")
    'incidence_preferred_term_Deep-vein-thrombosis'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)[:120]


def write_reports(
    folder: Path, reports: Mapping[str, Report], formats: Sequence[ReportFormat]
) -> list[Path]:
    """Write each of *reports* into a folder of its name in *folder*, and return the files.

    *folder* does not exist before, or is empty; it appears when all files are written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    written: list[Path] = []
    try:
        for name, report in reports.items():
            for path, content in report_files(report, formats):
                place = Path(name, path)
                (staging / place).parent.mkdir(parents=True, exist_ok=True)
                (staging / place).write_bytes(content)
                written.append(folder / place)
        staging.chmod(0o755)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return written
