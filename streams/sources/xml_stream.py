"""Reads XML files of any length piece by piece, and refuses those that are built to do harm.

Of a text longer than `MAX_TEXT` it keeps one character more, so that its reader can refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from streams.sources.long_texts import MAX_TEXT
from streams.sources.report import UnreadableSource

MAX_DEPTH = 100
"""Elements inside each other: E2B(R3) has about 25 levels, ODM about 10."""

MAX_ELEMENTS = 200_000
"""Elements of one piece."""

MAX_GAP = 1 << 20
"""Bytes without the end of a tag or of a run of text: one tag or comment is longer than any."""

CHUNK = 1 << 16


class Piece(NamedTuple):
    """An element, and the elements around it from the root down, which have no children yet.

    All names are without namespace.
    """

    parents: tuple[Element, ...]
    element: Element


def read_pieces(
    path: Path, whole: frozenset[str], opened: frozenset[str] = frozenset()
) -> Iterator[Piece]:
    """Yield each element of *path* named in *whole* with its children, at its end.

    Also each element named in *opened*, at its end and without children.  Memory is bounded by the
    largest piece.  Raises `UnreadableSource` where *path* is no well-formed XML, ends too early,
    declares entities, or is built deeper or longer than any export.
    """
    collector = _Collector(path, whole, opened)
    try:
        parser = DefusedXMLParser(target=collector, forbid_dtd=True)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.feed(chunk)
                collector.count_gap(len(chunk))
                yield from collector.take()
        parser.close()
    except DefusedXmlException as error:
        raise UnreadableSource(
            f"{path} declares a document type or entities, which no export needs and which can"
            " exhaust a machine: export the file again without a DOCTYPE"
        ) from error
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableSource(
            f"{path} is not well-formed XML ({_position(error)}): export it again, and check that"
            " it was copied whole"
        ) from error
    yield from collector.take()


def _position(error: Exception) -> str:
    """Return where *error* was found: never its text, which may quote the file."""
    line, column = getattr(error, "position", (0, 0))
    return f"line {line}, column {column}" if line else "its encoding cannot be read"


def clean_text(text: str | None) -> str:
    """Return *text* without white space at its ends; "" for None."""
    return (text or "").strip()


class _Collector:
    """The target of a parser: builds elements only inside those that are wanted whole."""

    def __init__(self, path: Path, whole: frozenset[str], opened: frozenset[str]) -> None:
        self._path = path
        self._whole = whole
        self._opened = opened
        self._stack: list[Element] = []
        self._depth_whole = 0
        self._elements = 0
        self._gap = 0
        self._last: Element | None = None
        self._found: list[Piece] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open an element."""
        self._gap = 0
        values = {_local(name): value[: MAX_TEXT + 1] for name, value in attributes.items()}
        element = Element(_local(tag), values)
        if self._depth_whole:
            self._count_element()
            self._stack[-1].append(element)
        elif element.tag in self._whole:
            self._depth_whole, self._elements = len(self._stack) + 1, 0
        if len(self._stack) >= MAX_DEPTH:
            raise UnreadableSource(
                f"{self._path} nests elements deeper than {MAX_DEPTH}: it is no export of study"
                " data"
            )
        self._stack.append(element)
        self._last = None

    def end(self, _tag: str) -> None:
        """Close the innermost element."""
        self._gap = 0
        element = self._stack.pop()
        self._last = element
        if self._depth_whole == len(self._stack) + 1:
            self._depth_whole = 0
            self._found.append(Piece(tuple(self._stack), element))
        elif not self._depth_whole and element.tag in self._opened:
            self._found.append(Piece(tuple(self._stack), element))

    def data(self, text: str) -> None:
        """Add *text* to the innermost element, up to the limit; text after a child is dropped."""
        self._gap = 0
        if not self._depth_whole or self._last is not None:
            return
        element = self._stack[-1]
        text_so_far = element.text or ""
        if len(text_so_far) <= MAX_TEXT:
            element.text = text_so_far + text[: MAX_TEXT + 1 - len(text_so_far)]

    def close(self) -> None:
        """Take note of the end of the file: the parser has checked that the root is closed."""

    def take(self) -> list[Piece]:
        """Return the pieces that are complete, once."""
        found, self._found = self._found, []
        return found

    def count_gap(self, size: int) -> None:
        """Count *size* bytes; raise `UnreadableSource` if nothing has begun or ended for long."""
        self._gap += size
        if self._gap > MAX_GAP:
            raise UnreadableSource(
                f"{self._path} has a tag or a comment of more than {MAX_GAP} bytes: it is no"
                " export of study data"
            )

    def _count_element(self) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise UnreadableSource(
                f"{self._path} has more than {MAX_ELEMENTS} elements in one report or item group:"
                " it is no export of study data"
            )


def _local(name: str) -> str:
    return name.rpartition("}")[2]
