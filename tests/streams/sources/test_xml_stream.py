"""Checks that XML files are read piece by piece, and that those built to do harm are refused."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from streams.sources.long_texts import MAX_TEXT
from streams.sources.report import UnreadableSource
from streams.sources.xml_stream import MAX_DEPTH, MAX_ELEMENTS, read_pieces

BILLION_LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><r><g>&a9;</g></r>"
)
PIECES = frozenset({"g"})


def write(folder: Path, text: str) -> Path:
    """A file with *text*."""
    path = folder / "f.xml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BILLION_LAUGHS, "document type or entities"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "document type or entities"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "entities"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://192.0.2.1/">%p;]><r/>', "entities"),
        ("<a>" * 10_000 + "</a>" * 10_000, "nests elements deeper than 100"),
        ("<r><g>" + "<x/>" * (MAX_ELEMENTS + 1) + "</g></r>", "more than 200000 elements"),
        ("<r><g/>", "not well-formed XML"),
        ("<r><g></r>", "not well-formed XML"),
        ("<r>&nbsp;<g/></r>", "not well-formed XML"),
        ('<?xml version="1.0" encoding="x-none"?><r/>', "not well-formed XML"),
        ("<r><!--" + "x" * (1 << 21) + "--><g/></r>", "a tag or a comment of more than"),
    ],
)
def test_a_file_that_is_built_to_do_harm_is_refused(tmp_path: Path, text: str, message: str):
    """The message names the file and what is wrong, and quotes nothing of it."""
    path = write(tmp_path, text)

    with pytest.raises(UnreadableSource, match=message) as caught:
        list(read_pieces(path, PIECES))

    assert "passwd" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path):
    """As any other file that cannot be read."""
    with pytest.raises(UnreadableSource, match="cannot be read: No such file"):
        list(read_pieces(tmp_path / "none.xml", PIECES))


def test_a_piece_has_its_children_and_the_attributes_around_it(tmp_path: Path):
    """Names lose their namespaces: exports declare them in many ways."""
    path = write(
        tmp_path,
        '<r xmlns="urn:x" xmlns:v="urn:v" v:name="n"><o v:key="1"><g a="b"> t <x/>tail</g></o></r>',
    )

    ((parents, element),) = read_pieces(path, PIECES)

    assert [(each.tag, dict(each.attrib)) for each in parents] == [
        ("r", {"name": "n"}),
        ("o", {"key": "1"}),
    ]
    assert (element.tag, dict(element.attrib), element.text) == ("g", {"a": "b"}, " t ")
    assert [each.tag for each in element] == ["x"]


def test_opened_elements_come_at_their_end_without_children(tmp_path: Path):
    """So a reader learns of a removal around pieces after it has seen them."""
    path = write(tmp_path, "<r><o><g/><y/></o></r>")

    pieces = list(read_pieces(path, PIECES, frozenset({"o"})))

    assert [each.element.tag for each in pieces] == ["g", "o"]
    assert list(pieces[1].element) == []


def test_depth_counts_elements_and_not_their_number(tmp_path: Path):
    """The deepest file that is read."""
    path = write(tmp_path, "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH)

    assert list(read_pieces(path, PIECES)) == []


def test_long_texts_are_cut_so_that_their_reader_can_refuse_them(tmp_path: Path):
    """An attached document of many megabytes stands beside the elements that are read."""
    long = "x" * (MAX_TEXT * 3)
    path = write(tmp_path, f'<r><g a="{long}">{long}</g></r>')

    ((_, element),) = read_pieces(path, PIECES)

    assert len(element.text or "") == len(element.get("a", "")) == MAX_TEXT + 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    """Ten times as many pieces take no more memory."""

    def peak(count: int) -> int:
        piece = "<g>" + "t" * 100 + "</g>"
        path = write(tmp_path, f"<r>{piece * count}</r>")
        tracemalloc.start()
        assert sum(1 for _ in read_pieces(path, PIECES)) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(20_000) < 1.5 * peak(2_000)
