"""The HTML of the alerts' pages: forms, links, numbers, and hostile terms that stay text."""

from __future__ import annotations

import json
from hashlib import sha256
from html.parser import HTMLParser

from board.views.catalogue import VIEWS
from board.views.facts import StudyFacts
from tests.board.preview import page_of
from tests.board.views.alert_facts import (
    POLYMYOSITIS_ID,
    SIGNAL_ID,
    facts_of_lines,
    page_of_alert,
    proderm_facts,
)
from tests.scenarios.proderm_committed import records
from tests.streams.delivery.hostile_terms import MARKUP

REASON = "</textarea><script>alert(1)</script>"


class Reader(HTMLParser):
    """Collects the elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    def fields(self, name: str) -> list[str]:
        """The values of the form fields with *name*."""
        return [
            str(attributes.get("value"))
            for tag, attributes in self.elements
            if tag in ("input", "button") and attributes.get("name") == name
        ]


def hostile_facts() -> StudyFacts:
    """ProDERM with markup for the terms of its clots, its group's title and a member's reason."""
    lines: list[bytes] = []
    for number, record in enumerate(records()):
        changed = dict(record)
        if record["type"] == "plan":
            title = json.dumps(MARKUP[0])
            toml = record["toml"].replace(
                "[groups.thromboembolic]\n", f"[groups.thromboembolic]\ntitle = {title}\n"
            )
            changed |= {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
        if record["type"] == "adverse_event" and record.get("adjudications"):
            changed["preferred_term"] = MARKUP[number % len(MARKUP)]
            changed["system_organ_class"] = MARKUP[0]
        lines.append(json.dumps(changed).encode())
    bar = page_of_alert(proderm_facts(), SIGNAL_ID).bar
    review = {
        "schema": "trial.log/1",
        "type": "review",
        "study": "PRODERM",
        "source": {"system": "board", "id": "0123456789abcdef", "version": 1},
        "known_at": "2020-01-25T10:00:00Z",
        "alert": SIGNAL_ID,
        "revision": bar.revision,
        "move": "acknowledge",
        "shown": bar.shown,
        "member": "board-1",
        "reason": REASON,
        "meaning": "I have seen this alert.",
    }
    return facts_of_lines([*lines, json.dumps(review).encode()])


def test_the_form_of_a_group_names_each_alert_at_its_revision():
    """One form with a box for each alert, one reason, token and nonce, and one button."""
    page = Reader(page_of(proderm_facts(), "alerts"))
    boxes = page.fields("alert")
    forms = [a for tag, a in page.elements if tag == "form" and "alert-form" in str(a.get("class"))]

    assert [box.rsplit(":", 1)[0] for box in boxes] == [f"{SIGNAL_ID}:2", f"{POLYMYOSITIS_ID}:1"]
    assert [form["action"] for form in forms] == ["/studies/PRODERM/moves"]
    assert page.fields("move") == ["acknowledge"]
    assert len(page.fields("token")) >= 1 and len(page.fields("nonce")) == 1
    assert [a.get("required") for tag, a in page.elements if tag == "textarea"] == [None]
    assert ("textarea", "required") in [
        (tag, name) for tag, attributes in page.elements for name in attributes
    ]


def test_the_bar_of_an_alert_carries_revision_and_digest():
    """They are hidden fields, and the digest stands on the page."""
    html = page_of(proderm_facts(), "alert", {"id": SIGNAL_ID})
    bar = page_of_alert(proderm_facts(), SIGNAL_ID).bar

    assert Reader(html).fields("alert") == [f"{SIGNAL_ID}:2:{bar.shown}"]
    assert bar.shown in html


def test_the_page_shows_the_numbers_of_the_view():
    """Observed, expected, ratio with limits, control, evidence and delay are in the text."""
    text = " ".join(
        " ".join(Reader(page_of(proderm_facts(), "alert", {"id": SIGNAL_ID})).texts).split()
    )

    for words in (
        "9.65 times its reference rate", "0.622", "1.96 to 27.4", "95 % at every look", "0 of 48",
        "1,336", "66.7", "8 events, 8 serious", "37 days later", "not for monitoring",
        "looked at 968 times", "The machine raises; people decide.",
    ):  # fmt: skip
        assert words in text, words


def test_cases_link_to_their_subjects():
    """Each row of the line listing leads to the subject's page."""
    page = Reader(page_of(proderm_facts(), "alert", {"id": SIGNAL_ID}))
    links = {attributes.get("href") for tag, attributes in page.elements if tag == "a"}

    for subject in ("P-004", "P-044", "P-063", "P-071", "P-078", "P-089"):
        assert f"/studies/PRODERM/subject?id={subject}" in links


def test_hostile_terms_titles_and_reasons_leave_no_markup():
    """Markup in terms, in a group's title and in a reason stays text on both pages."""
    facts = hostile_facts()
    clean = Reader(page_of(proderm_facts(), "alert", {"id": SIGNAL_ID}))
    scripts = sum(tag == "script" for tag, _ in clean.elements)

    for view, arguments in (("alert", {"id": SIGNAL_ID}), ("alerts", {}), ("alert", other(facts))):
        html = page_of(facts, view, arguments)
        page = Reader(html)
        assert sum(tag == "script" for tag, _ in page.elements) == scripts
        assert not any(
            name.startswith("on") or name == "style"
            for _, attributes in page.elements
            for name in attributes
        )
        assert not any(tag in ("img", "iframe", "b onload") for tag, _ in page.elements)
        assert not any(
            str(attributes.get("href", "")).startswith("javascript:")
            for _, attributes in page.elements
        )
    assert REASON in "".join(Reader(page_of(facts, "alert", {"id": SIGNAL_ID})).texts)


def other(facts: StudyFacts) -> dict[str, str]:
    """The arguments of a finding's page."""
    return {"id": VIEWS["alerts"].build(facts, {}).findings[0].id}
