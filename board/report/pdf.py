"""Writes the HTML of a report as PDF with WeasyPrint: equal reports give equal bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from typing import Any

from board.report.document import Report
from board.report.html import chart_style, report_html

LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core"
"""The packages of Debian that WeasyPrint needs beside its own."""


class FormatUnavailableError(Exception):
    """A library that a format needs is not installed; the message says which and how."""


def check_pdf() -> None:
    """Raise FormatUnavailableError where WeasyPrint, or a library that it loads, is missing."""
    _weasyprint()


def report_pdf(report: Report) -> bytes:
    """Return *report* as PDF.  Its dates are those of the look, its identifier its content's."""
    html = _with_chart_style(report_html(report))
    identifier = sha256(html.encode()).digest()[:16]
    with _time_of(report.head.as_of):
        document = _weasyprint().HTML(string=html, url_fetcher=_refuse_url)
        return document.write_pdf(pdf_identifier=identifier)


def _weasyprint() -> Any:
    try:
        return import_module("weasyprint")
    except ImportError as error:
        message = f"PDF needs WeasyPrint ({error.name} is not installed)"
        raise FormatUnavailableError(
            f"{message}: pip install 'tocsin[report]', and on Debian apt install {LIBRARIES}"
        ) from None
    except OSError as error:
        library = str(error).partition("\n")[0]
        raise FormatUnavailableError(
            f"WeasyPrint cannot load a library ({library}): on Debian apt install {LIBRARIES}"
        ) from None


def _with_chart_style(html: str) -> str:
    """Return *html* with the style of charts in each: WeasyPrint applies no other to them."""
    style = chart_style()
    return re.sub(r"<svg\b[^>]*>", lambda found: f"{found[0]}<style>{style}</style>", html)


def _refuse_url(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError("A report loads nothing.")


@contextmanager
def _time_of(as_of: str) -> Generator[None]:
    """Set the time that subsets of fonts carry to the look, as reproducible builds do."""
    name, before = "SOURCE_DATE_EPOCH", os.environ.get("SOURCE_DATE_EPOCH")
    os.environ[name] = str(int(datetime.fromisoformat(as_of).replace(tzinfo=UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
