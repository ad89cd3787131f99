"""One mutant: a single fault in one function of the product, found in the syntax tree."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

from tests.mutants.operators import changes

SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "bases", "keywords", "type_params"}
"""Fields of functions, classes and annotated names in which no fault is made."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The file *path* with the bytes from *start* to *end* replaced by *after*.

    *function* is the dotted name of what encloses it.  *number* tells equal faults in one function
    apart, so ``key`` names the mutant however far its lines move.
    """

    path: str
    function: str
    kind: str
    line: int
    start: int
    end: int
    before: str
    after: str
    number: int

    @property
    def key(self) -> str:
        """What names the mutant in the list of equivalents."""
        name = f"{self.path}: {self.function}: {one_line(self.before)} -> {one_line(self.after)}"
        return name if self.number == 1 else f"{name} #{self.number}"

    def mutate(self, source: bytes) -> bytes:
        """Return *source*, the bytes of the file, with the fault."""
        assert source[self.start : self.end] == self.before.encode(), "the file has changed"
        return source[: self.start] + self.after.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Return the fault as a unified diff of *source*."""
        old, new = (text.decode().splitlines() for text in (source, self.mutate(source)))
        lines = unified_diff(old, new, self.path, f"{self.path} ({self.kind})", n=1, lineterm="")
        return "\n".join(lines)


def mutants_of(path: str, source: bytes) -> Iterator[Mutant]:
    """Yield all mutants of the file *path* whose bytes are *source*, in order."""
    starts = line_starts(source)
    seen = Counter[tuple[str, str, str]]()

    def span(node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(node: ast.AST) -> str:
        start, end = span(node)
        return source[start:end].decode()

    for node, function in walk(ast.parse(source), ()):
        for kind, replaced, after in changes(node, text):
            name, before, (start, end) = ".".join(function), text(replaced), span(replaced)
            if not can_stand(source[:start] + after.encode() + source[end:]):
                continue
            seen[name, before, after] += 1
            line = source.count(b"\n", 0, start) + 1
            number = seen[name, before, after]
            yield Mutant(path, name or "module", kind, line, start, end, before, after, number)


def walk(node: ast.AST, function: tuple[str, ...]) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    """Yield *node* and the nodes below it, each with the names of what encloses it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        function = (*function, node.name)
    if isinstance(node, ast.Assert) or is_type_check(node):
        return
    yield node, function
    skips_keywords = isinstance(node, ast.ClassDef)
    for name, value in ast.iter_fields(node):
        if name in SKIPPED_FIELDS and (name != "keywords" or skips_keywords):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from walk(child, function)


def is_type_check(node: ast.AST) -> bool:
    """Whether *node* is a block that only a type checker reads."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def can_stand(source: bytes) -> bool:
    """Whether *source* is Python."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def line_starts(source: bytes) -> list[int]:
    """The offsets at which the lines of *source* begin."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def one_line(text: str) -> str:
    """*text* with every run of white space as one space."""
    return " ".join(text.split())
