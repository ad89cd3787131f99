"""Holds identifiers to the glossary: no retired name comes back, no two layers share a verb."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.identifiers import (
    classes,
    defined,
    is_protocol,
    members,
    product,
    shared,
    used,
    words_of,
)
from tests.paths import ROOT
from tests.sources import Source

GLOSSARY = ROOT / "docs" / "architecture" / "glossary.md"
STORED = {
    "alerts/alert.py": {"thing"},
    "alerts/register/history.py": {"thing"},
    "streams/diagnostics/doctor.py": {"says"},
    "streams/replay/verify.py": {"held"},
    "streams/sources/wire.py": {"Thing"},
    "tocsin/commands/demo.py": {"stay"},
}
"""Names that JSON, rows or flags hold, by module: they are public and stay."""


@cache
def section(title: str) -> list[str]:
    """The lines of the section *title* of the glossary."""
    text = GLOSSARY.read_text()
    body = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert body is not None, f"{GLOSSARY.name} has no section {title!r}"
    return body[1].splitlines()


@cache
def retired() -> dict[str, set[str]]:
    """By module, the names that it had before and must not get again."""
    rows = (re.fullmatch(r"\* `(\S+\.py)`: (.*)", line) for line in section("Retired names"))
    return {row[1]: set(re.findall(r"`(\w+)>", row[2])) for row in rows if row}


@cache
def refused_words() -> set[str]:
    """The words that no identifier of the product has in it."""
    return set(re.findall(r"`(\w+)`", "\n".join(section("Words that no identifier has"))))


def refused(source: Source) -> list[str]:
    """The identifiers of *source* with a refused word, but for those that are stored."""
    stored = STORED.get(str(source.path), set[str]())
    names = {name for name in defined(source.tree) if words_of(name) & refused_words()}
    return sorted(names - stored)


def test_a_retired_name_does_not_come_back():
    """The glossary renamed it in its module: a second word for one thing would begin there."""
    back = {
        str(source.path): sorted(set(members(source.tree)) & names)
        for source in product()
        if (names := retired().get(str(source.path)))
    }

    assert {path: names for path, names in back.items() if names} == {}


def test_every_retired_name_is_of_a_module_that_exists():
    """A list of names for a module that has moved would hold nothing."""
    assert {path for path in retired() if not (ROOT / path).exists()} == set()
    assert sum(map(len, retired().values())) > 500


def test_no_identifier_has_a_word_of_the_private_vocabulary():
    """Whoever has not seen the code could not guess it."""
    assert {str(one.path): refused(one) for one in product() if refused(one)} == {}


def test_layers_that_call_each_other_do_not_share_a_method_name():
    """One verb is one step: a search for it finds the layer that takes the step."""
    found = {
        f"{name} and {other}": sorted(both)
        for name, (module, node) in classes().items()
        if not is_protocol(node)
        for other in used(node)
        if classes()[other][0] != module and (both := shared(name, other))
    }

    assert found == {}


def test_the_rules_see_what_they_are_for():
    """A rule that nothing can break is a rule that looks away."""
    tree = ast.parse("class Held:\n    told: int\n    def mend(self, trouble): self.rang = 1")

    assert set(defined(tree)) == {"Held", "told", "mend", "self", "trouble", "rang"}
    assert set(members(tree)) == {"Held", "told", "mend"}
    assert words_of("TwinsMax_heardOf") == {"twins", "max", "heard", "of"}
    assert refused_words() > {"told", "docket", "errand"}
