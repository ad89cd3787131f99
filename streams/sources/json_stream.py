"""Reads a long JSON text value by value, so that memory depends on its longest value only."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import NoReturn, cast

from streams.sources.report import UnreadableSource

MAX_VALUE_CHARACTERS = 4 << 20
"""The longest row or attribute; the nesting in it is bounded by Python's own limit."""

CHUNK_CHARACTERS = 1 << 18

_BLANK = " \t\r\n"
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class JsonStream:
    """The JSON values of a file, in their order.

    A byte that its encoding does not have becomes a lone surrogate (PEP 383), so that one bad text
    does not make the file unreadable.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._file = path.open(encoding=encoding, errors="surrogateescape", newline="")
        self._text = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def peek(self) -> str:
        """Return the next character that is not blank, without taking it; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, expected: str) -> str:
        """Take the next character, which has to be one of *expected*."""
        character = self.peek()
        if not character or character not in expected:
            self.refuse("it is no valid JSON" if character else "it is cut short")
        self._at += 1
        return character

    def value(self) -> object:
        """Take the next value, whatever it is."""
        self.peek()
        while True:
            try:
                value, end = cast(
                    "tuple[object, int]", self._decoder.raw_decode(self._text, self._at)
                )
            except RecursionError:
                self.refuse("its values are nested too deep")
            except ValueError as error:
                if not self._fill():
                    self.refuse(f"it is cut short or no valid JSON: {_what(error)}")
                continue
            if end < len(self._text) or not self._fill():
                self._at = end
                return value

    def _fill(self) -> bool:
        """Read on; return whether there was more."""
        rest = len(self._text) - self._at
        if rest > MAX_VALUE_CHARACTERS:
            self.refuse(f"a value in it is longer than {MAX_VALUE_CHARACTERS:,} characters")
        try:
            chunk = "" if self._ended else self._file.read(max(CHUNK_CHARACTERS, rest))
        except UnicodeError:
            self.refuse("it is cut short in the middle of a character")
        self._ended = not chunk
        if chunk:
            self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def refuse(self, what: str) -> NoReturn:
        """Raise UnreadableSource with *what* is wrong with the file."""
        raise UnreadableSource(
            f"{self._path} cannot be read: {what}.  Have it written again, or copied again as a"
            " whole"
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _what(error: ValueError) -> str:
    """Return the reason of *error* without its position in a buffer that nobody sees."""
    return error.msg if isinstance(error, json.JSONDecodeError) else "a number is none"


def text_encoding(path: Path, encoding: str | None) -> str:
    """Return the encoding of the JSON text at *path*: by its byte order mark, *encoding*, UTF-8."""
    with path.open("rb") as file:
        return _MARKS.get(file.read(2)) or encoding or "utf-8-sig"
