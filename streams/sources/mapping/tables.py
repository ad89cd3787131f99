"""The tables of a mapping's TOML, checked key by key; unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from monitor.records import Criterion
from streams.sources.mapping.errors import MappingError, nearest

Name = Annotated[str, Field(min_length=1, max_length=256)]
Columns = Annotated[list[Name], Field(min_length=1, max_length=20)]
Condition = dict[Name, Annotated[list[str], BeforeValidator(lambda value: _as_list(value))]]
"""The texts of which a column has to have one, by column."""

ERRORS_SHOWN = 8


class Table(BaseModel):
    """A table of the mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceTable(Table):
    """Where the value of a field comes from: exactly one way, and the formats of its dates."""

    column: Name | None = None
    const: str | None = None
    first: Columns | None = None
    """The first of these columns that has a value."""
    strongest: Columns | None = None
    """The strongest of the codes of these columns."""
    day_after: Name | None = None
    """The day after the date of this column."""
    randomised: Name | None = None
    """The treatment to which the subject of this column was randomised."""
    year: Name | None = None
    month: Name | None = None
    day: Name | None = None
    dates: list[Name] | None = None


FieldSource = Annotated[SourceTable, BeforeValidator(lambda value: _as_table(value))]
Sources = dict[str, FieldSource]


class FieldsTable(BaseModel):
    """The fields of one record type; which names are known depends on the type."""

    model_config = ConfigDict(extra="allow", frozen=True)

    criteria: dict[Criterion, FieldSource] = {}
    __pydantic_extra__: Sources  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def sources(self) -> Sources:
        """Where each field but the criteria comes from, by its name."""
        return self.__pydantic_extra__


class FileTable(Table):
    """One `[[file]]`: a listing whose rows become records of one type."""

    name: Name
    path: Name
    record: Literal["subject", "treatment", "dose", "adverse_event", "disposition", "assessment"]
    key: list[Name] = []
    """Columns that name the entity; rows of one key are its versions."""
    version: Name | None = None
    known_at: list[Name] = []
    where: Condition = {}
    """Only rows that fulfil all of this are read."""
    removed: Condition = {}
    """Rows that fulfil all of this withdraw the entity of their key."""
    fields: FieldsTable
    codes: dict[Name, dict[str, str]] = {}
    dates: list[Name] | None = None
    missing: list[str] | None = None
    encoding: Name | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class StudyTable(Table):
    """The whole mapping of a study."""

    study: Name | None = None
    system: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,32}$")] = "csv"
    """Name of the source system in every record."""
    dates: list[Name] = []
    missing: list[str] = [""]
    encoding: Name | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    arms: dict[str, str] = {}
    file: Annotated[list[FileTable], Field(min_length=1, max_length=200)]


def read_tables(content: dict[str, Any]) -> StudyTable:
    """Return the tables of *content*, the parsed TOML of a mapping.

    Raises `MappingError` with every key that is wrong, and what to write instead.
    """
    try:
        return StudyTable.model_validate(content)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [_describe(fault, content) for fault in faults[:ERRORS_SHOWN]]
        if len(faults) > ERRORS_SHOWN:
            lines.append(f"and {len(faults) - ERRORS_SHOWN} more")
        raise MappingError("\n".join(["the mapping is not valid:", *lines])) from None


def key_path(steps: tuple[int | str, ...], content: object) -> str:
    """Return the key at *steps* as the user wrote it, files by their name.

    >>> key_path(("file", 0, "fields", "onset"), {"file": [{"name": "ae"}]})
    '[[file]] ae: fields.onset'
    """
    prefix = ""
    if steps[:1] == ("file",) and len(steps) > 1 and isinstance(steps[1], int):
        prefix = f"[[file]] {_file_name(content, steps[1])}: "
        steps = steps[2:]
    return prefix + ".".join(str(step) for step in steps if step != "[key]")


def _file_name(content: object, index: int) -> str:
    try:
        return str(cast("Any", content)["file"][index]["name"])
    except (LookupError, TypeError):
        return str(index + 1)


_FAULTS = {
    "missing": "is missing: add it",
    "string_type": 'is no text: write it in quotes, as in "1"',
    "list_type": 'is no list of texts: write ["A", "B"]',
    "dict_type": 'is no table: write { NAME = "..." }',
    "model_type": 'is no column: write its name in quotes, or a table such as { first = ["A"] }',
    "string_too_short": "is empty: write a text, or leave the key out",
    "too_short": "is empty: write at least one",
    "string_pattern_mismatch": "is no identifier: use 1 to 32 characters of A-Z a-z 0-9 _ . : -",
}
"""What is wrong and what to write, by pydantic's type of an error."""


def _describe(fault: ErrorDetails, content: dict[str, Any]) -> str:
    steps, kind = fault["loc"], fault["type"]
    path = key_path(steps, content) or "mapping"
    if kind == "extra_forbidden":
        return f"{path} is no key of a mapping{nearest(str(steps[-1]), _known_keys(steps))}"
    if kind in ("enum", "literal_error"):
        return f"{path} is none of {fault.get('ctx', {}).get('expected', '')}"
    return f"{path} {_FAULTS.get(kind) or 'does not fit: ' + fault['msg'].lower()}"


def _known_keys(steps: tuple[int | str, ...]) -> list[str]:
    if "fields" in steps:
        return list(SourceTable.model_fields)
    return list(FileTable.model_fields if steps[0] == "file" else StudyTable.model_fields)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_table(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value
