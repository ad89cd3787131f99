"""Says what kind of file a path holds, by its first bytes, and which command reads it.

The name of a file decides nothing: exports are renamed, and a wrong guess would read a file as
something that it is not.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from streams.sources.report import UnreadableSource

HEAD_BYTES = 1 << 16
"""So much of a file is looked at."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: what it is called, and what to do with one."""

    name: str
    advice: str

    @property
    def sentence(self) -> str:
        """Return "this is NAME: what to do"."""
        return f"this is {self.name}: {self.advice}"


_SDTM_OR_ADAM = (
    "tocsin ingest sdtm FOLDER for dm and ae, tocsin ingest adam FOLDER for adsl and adae"
)
_UNPACK = "unpack it and give what is in it"
_AS_CSV = "save the sheet as CSV, then tocsin ingest csv"
_NO_DATA = "it holds no data of subjects; give the export of the data itself"

XPT = FileKind("a SAS transport file", _SDTM_OR_ADAM)
SAS7BDAT = FileKind("a SAS data file (sas7bdat)", _SDTM_OR_ADAM)
CPORT = FileKind(
    "a SAS file of PROC CPORT", "write it with the XPORT engine, then tocsin ingest sdtm FOLDER"
)
DATASET_JSON = FileKind("Dataset-JSON 1.1", "tocsin ingest dataset-json FOLDER")
OLD_DATASET_JSON = FileKind(
    "Dataset-JSON before 1.1", "write version 1.1, then tocsin ingest dataset-json FOLDER"
)
COMPRESSED_DATASET_JSON = FileKind(
    "compressed (perhaps .dsjc)",
    "write it as .json or .ndjson, then tocsin ingest dataset-json FOLDER",
)
ODM = FileKind("CDISC ODM", "tocsin ingest odm")
DEFINE = FileKind("define.xml", _NO_DATA)
E2B_R3 = FileKind("E2B(R3)", "tocsin ingest e2b")
E2B_ACKNOWLEDGEMENT = FileKind(
    "an acknowledgement of E2B(R3)", "it holds no case; give the report that it answers"
)
E2B_R2 = FileKind("E2B(R2)", "convert it to E2B(R3), then tocsin ingest e2b")
REDCAP_JSON = FileKind("a flat JSON export of REDCap", "tocsin ingest redcap")
TOCSIN_LOG = FileKind("a log of Tocsin", "it needs no ingest: tocsin replay")
FHIR = FileKind("FHIR", "no command reads it; export E2B(R3) or a listing as CSV")
CSV = FileKind("a listing as CSV", "tocsin ingest csv --mapping FILE")
PLAN = FileKind("TOML, such as a plan or a mapping", "give it with --plan or --mapping")
XLSX = FileKind("an Excel workbook", _AS_CSV)
OLD_EXCEL = FileKind("a document of old Excel or Word", _AS_CSV)
ZIP = FileKind("a zip archive", _UNPACK)
GZIP = FileKind("a gzip archive", _UNPACK)
OTHER_ARCHIVE = FileKind("a compressed archive", _UNPACK)
PDF = FileKind("a PDF", "no command reads it; export the data behind it")
HTML = FileKind("a web page", "it may be a login page; download the export again")
SPSS = FileKind("an SPSS file", "write it as CSV, then tocsin ingest csv")
STATA = FileKind("a Stata file", "write it as CSV, then tocsin ingest csv")
PARQUET = FileKind("a Parquet file", "write it as CSV, then tocsin ingest csv")
OTHER_JSON = FileKind("JSON of an unknown kind", "give Dataset-JSON 1.1 or REDCap's flat export")
OTHER_XML = FileKind("XML of an unknown kind", "give CDISC ODM 1.3.2 or E2B(R3)")
EMPTY = FileKind("an empty file", "have it written again")

_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"HEADER RECORD*******LIB", XPT),
    (bytes(12) + bytes.fromhex("c2ea8160b31411cfbd920800"), SAS7BDAT),
    (b"**COMPRESSED** **COMPRESSED**", CPORT),
    (b"LIB CONTROL", CPORT),
    (b"\x1f\x8b", GZIP),
    (b"%PDF-", PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_EXCEL),
    (b"$FL2", SPSS),
    (b"$FL3", SPSS),
    (b"<stata_dta>", STATA),
    (b"PAR1", PARQUET),
    (b"\x78\x01", COMPRESSED_DATASET_JSON),
    (b"\x78\x9c", COMPRESSED_DATASET_JSON),
    (b"\x78\xda", COMPRESSED_DATASET_JSON),
    (b"BZh", OTHER_ARCHIVE),
    (b"\xfd7zXZ\0", OTHER_ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", OTHER_ARCHIVE),
    (b"\x28\xb5\x2f\xfd", OTHER_ARCHIVE),
    (b"Rar!\x1a\x07", OTHER_ARCHIVE),
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_XML_PROLOG = re.compile(
    r"(?:\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>))*\s*", re.DOTALL
)
_XML_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_TOML = re.compile(r"(?:\s*#[^\n]*\n)*\s*(\[\[?[A-Za-z_][\w.-]*\]\]?|[\w-]+\s*=\s*[\"'\[{\d])")
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")
"""Characters that are in no text."""

_LOG_SCHEMA = re.compile(r'"schema"\s*:\s*"trial\.log/')

_DELIMITERS = ",;\t|"


def identify(path: Path) -> FileKind | None:
    """Return the kind of file that *path* holds, or None where it cannot be told.

    Raises `UnreadableSource` where it is no file or cannot be opened.
    """
    head = _head(path)
    if not head.strip():
        return EMPTY
    if head.startswith(b"PK\x03\x04"):
        return XLSX if b"xl/" in head or b"[Content_Types].xml" in head else ZIP
    if head[257:262] == b"ustar":
        return OTHER_ARCHIVE
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return _identify_text(_text(head).lstrip())


def kind_but_log(path: Path) -> FileKind | None:
    """Return the kind of *path* where it is certainly no log of Tocsin, not even a damaged one.

    Raises `UnreadableSource` as `identify` does.
    """
    kind = identify(path)
    is_log = kind in (TOCSIN_LOG, OTHER_JSON, EMPTY) or _LOG_SCHEMA.search(_text(_head(path)))
    return None if is_log else kind


def check_kind(path: Path, *expected: FileKind) -> FileKind:
    """Return the kind of *path*, one of *expected*; raises `UnreadableSource` with what it is."""
    kind = identify(path)
    if kind in expected:
        return kind
    if kind is not None:
        raise UnreadableSource(f"{path} cannot be read here; {kind.sentence}")
    names = " or ".join(each.name for each in expected)
    raise UnreadableSource(f"{path} is not {names}: check that it is the file that you mean")


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise UnreadableSource(f"{path} is a folder: give a file in it")
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error


def _text(head: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, "replace")


def _identify_text(text: str) -> FileKind | None:
    if text[:1] in ("{", "[") and not _TOML.match(text):
        return _identify_json(text)
    if text[:1] == "<":
        return _identify_xml(text)
    if _CONTROL.search(text):
        return None
    if _TOML.match(text):
        return PLAN
    header = text.partition("\n")[0]
    return CSV if any(character in header for character in _DELIMITERS) else None


def _identify_json(text: str) -> FileKind:
    if re.search(r'"schema"\s*:\s*"trial\.log/', text):
        return TOCSIN_LOG
    if re.search(r'"resourceType"\s*:', text):
        return FHIR
    version = re.search(r'"datasetJSONVersion"\s*:\s*"([^"]*)"', text)
    if version and version[1].startswith("1.1"):
        return DATASET_JSON
    if version or re.search(r'"itemGroupData"\s*:', text):
        return OLD_DATASET_JSON
    if re.match(r'\[\s*(\]|\{\s*"[^"]*"\s*:\s*["\d])', text):
        return REDCAP_JSON
    return OTHER_JSON


def _identify_xml(text: str) -> FileKind:
    prolog = _XML_PROLOG.match(text)
    root = _XML_ROOT.match(text, prolog.end() if prolog else 0)
    name = root[1].lower() if root else ""
    if name == "odm":
        described = "http://www.cdisc.org/ns/def/" in text and "<ClinicalData" not in text
        return DEFINE if described else ODM
    if name.startswith("mcci_in200101"):
        return E2B_ACKNOWLEDGEMENT
    if name.startswith(("mcci_in2", "porr_in")):
        return E2B_R3
    if name == "ichicsr":
        return E2B_R2
    if name == "html" or text[:14].lower() == "<!doctype html":
        return HTML
    return FHIR if "http://hl7.org/fhir" in text else OTHER_XML
