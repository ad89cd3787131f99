"""What a user states about reports of E2B(R3): which number is the subject, and what codes mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from monitor.records import Relatedness
from streams.sources.codes import fold_word
from streams.sources.e2b.meddra import Terms, read_meddra
from streams.sources.report import UnreadableSource

SUBJECT_ELEMENTS = {
    "investigation": "D.1.1.4",
    "gp": "D.1.1.1",
    "specialist": "D.1.1.2",
    "hospital": "D.1.1.3",
    "name": "D.1",
}
"""The elements in which the id of a subject can stand, by what `subject` of a mapping names."""

_KEYS = {"subject", "study_number", "meddra", "subjects", "terms", "relatedness", "study", "system"}


@dataclass(frozen=True, slots=True, kw_only=True)
class E2BMapping:
    """How reports relate to the study: without a mapping file, the defaults."""

    system: str = "e2b"
    """Name of the source system in records."""
    subject: str = "investigation"
    subjects: Mapping[str, str] = field(default_factory=dict[str, str])
    """Id of a subject in the study's other sources by number in a report; empty: they are equal."""
    study_number: str = ""
    """Sponsor's study number (C.5.3) of the reports to read; "" is the only one that occurs."""
    terms: Terms = field(default_factory=Terms)
    relatedness: Mapping[str, str] = field(default_factory=dict[str, str])


def read_e2b_mapping(path: Path) -> E2BMapping:
    """Return the mapping in the TOML file at *path*; raise `UnreadableSource` where it is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableSource(f"{path} is not TOML ({error}): correct it") from error
    if unknown := sorted(set(table) - _KEYS):
        raise UnreadableSource(
            f"{path} has the unknown key {unknown[0]!r}: a mapping for e2b has the keys"
            f" {', '.join(sorted(_KEYS))}"
        )
    return E2BMapping(
        system=_text(path, table, "system") or "e2b",
        subject=_subject(path, table),
        subjects=_texts(path, table, "subjects"),
        study_number=_text(path, table, "study_number"),
        terms=_terms(path, table),
        relatedness=_relatedness(path, table),
    )


def _subject(path: Path, table: Mapping[str, Any]) -> str:
    subject = _text(path, table, "subject") or "investigation"
    if subject not in SUBJECT_ELEMENTS:
        raise UnreadableSource(f"{path}: `subject` must be one of {', '.join(SUBJECT_ELEMENTS)}")
    return subject


def _text(path: Path, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UnreadableSource(f"{path}: `{key}` must be a text")
    return value.strip()


def _texts(path: Path, table: Mapping[str, Any], key: str) -> dict[str, str]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UnreadableSource(f"{path}: [{key}] must be a table of texts")
    texts = cast("dict[str, object]", value)
    if not all(isinstance(each, str) for each in texts.values()):
        raise UnreadableSource(f"{path}: [{key}] must be a table of texts")
    return {name.strip(): str(text).strip() for name, text in texts.items()}


def _relatedness(path: Path, table: Mapping[str, Any]) -> dict[str, str]:
    words = _texts(path, table, "relatedness")
    known = {"", *(each.value for each in Relatedness)}
    if wrong := [word for word, value in words.items() if value not in known]:
        raise UnreadableSource(
            f"{path}: [relatedness] {wrong[0]!r} must be one of {', '.join(sorted(known - {''}))},"
            ' or "" for no assessment'
        )
    return {fold_word(word): value for word, value in words.items()}


def _terms(path: Path, table: Mapping[str, Any]) -> Terms:
    folder = _text(path, table, "meddra")
    terms = read_meddra(path.parent / folder) if folder else Terms()
    stated = cast("dict[str, object]", table.get("terms", {}))
    if not isinstance(table.get("terms", {}), dict):
        raise UnreadableSource(f'{path}: [terms] must be a table: "10027940" = ["term", "class"]')
    return Terms({**terms, **{code: _term(path, code, pair) for code, pair in stated.items()}})


def _term(path: Path, code: str, pair: object) -> tuple[str, str]:
    values = cast("list[object]", pair) if isinstance(pair, list) else []
    match values:
        case [str(term), str(organ_class)] if term.strip() and organ_class.strip():
            return term.strip(), organ_class.strip()
        case _:
            raise UnreadableSource(
                f'{path}: [terms] {code!r} must be ["preferred term", "system organ class"]'
            )
