"""Reads identifiers and classes out of the product's files, for the rules on names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.sources import Source, sources

PRODUCT = {"monitor", "alerts", "streams", "board", "tocsin"}

LIFECYCLE = {"start", "stop", "run", "close"}
"""Methods that any layer may have: they say that it begins or ends."""


def product() -> list[Source]:
    """The Python files of the product."""
    return [source for source in sources() if source.path.parts[0] in PRODUCT]


def defined(tree: ast.AST) -> Iterator[str]:
    """The names that a file defines: classes, functions, parameters, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def members(tree: ast.Module) -> Iterator[str]:
    """The names that a file offers: of its top level, and of its classes."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else []
        for each in (node, *inner):
            match each:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name
                case ast.ClassDef(name=name):
                    yield name
                case ast.AnnAssign(target=ast.Name(id=name)):
                    yield name
                case ast.Assign(targets=[ast.Name(id=name)]):
                    yield name
                case _:
                    pass


def words_of(name: str) -> set[str]:
    """The words of an identifier, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@cache
def classes() -> dict[str, tuple[str, ast.ClassDef]]:
    """Every class of the product by name, with its module; a name used twice is left out."""
    found: dict[str, list[tuple[str, ast.ClassDef]]] = {}
    for source in product():
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append((source.module, node))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def methods(node: ast.ClassDef) -> set[str]:
    """The public methods that the class defines itself; properties are nouns."""
    return {
        each.name
        for each in node.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        and not each.name.startswith("_")
        and not each.decorator_list
    }


def bases(node: ast.ClassDef) -> set[str]:
    """The names of the classes that it derives from, at any depth."""
    direct = {ast.unparse(base) for base in node.bases}
    return direct | {up for name in direct if name in classes() for up in bases(classes()[name][1])}


def is_protocol(node: ast.ClassDef) -> bool:
    """Whether the class is a protocol or an abstract base, which others implement."""
    return bool({"Protocol", "ABC"} & bases(node))


def implements(node: ast.ClassDef) -> list[set[str]]:
    """The methods of every protocol that the class fulfils by its names."""
    own = methods(node)
    protocols = (methods(each) for _, each in classes().values() if is_protocol(each))
    return [names for names in protocols if names and names <= own]


def used(node: ast.ClassDef) -> set[str]:
    """The product's classes that its fields and parameters hold."""
    notes = [each.annotation for each in ast.walk(node) if isinstance(each, ast.AnnAssign)]
    notes += [each.annotation for each in ast.walk(node) if isinstance(each, ast.arg)]
    names = {
        name.id
        for note in notes
        if note is not None
        for name in ast.walk(note)
        if isinstance(name, ast.Name)
    }
    return names & classes().keys() - {node.name}


def shared(name: str, other: str) -> set[str]:
    """The methods that class *name* shares with *other*, which it uses, by no common protocol."""
    (_, one), (_, two) = classes()[name], classes()[other]
    both = methods(one) & methods(two) - LIFECYCLE
    if one.name in bases(two) or two.name in bases(one):
        return set()
    for protocol in implements(one):
        both -= protocol
    return both
