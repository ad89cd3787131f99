"""Reads one report of E2B(R3) as it states itself: nothing mapped, nothing decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from streams.sources.e2b import elements
from streams.sources.xml_stream import clean_text

_EVENT = "controlActProcess/subject/investigationEvent"
_ASSESSMENT = "component/adverseEventAssessment"
_NOTHING = Element("nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One reaction (E.i): its code, dates and criteria as texts; a null flavour is such a text."""

    id: str
    """Reference inside the report only."""
    llt_code: str
    meddra_version: str
    reported_term: str
    translated_term: str
    start: str
    end: str
    criteria: Mapping[str, str]
    """By criterion: "true", "false", a null flavour such as "NI", or "" where it is not stated."""
    outcome: str
    is_history: bool
    """A reaction to a drug of the past (D.8.r.7b), or of a parent: not an event of this report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug of the report (G.k): its id there, its role and what was done with it."""

    id: str
    role: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Causality:
    """One assessment of one drug for one reaction (G.k.9.i.2)."""

    drug: str
    reaction: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """One individual case safety report; dates are HL7 texts such as 20141010."""

    case_id: str
    worldwide_id: str
    created: str
    received: str
    """Date of the most recent information (C.1.5)."""
    nullification: str
    """"1" nullifies the case, "2" amends the report, "" is neither."""
    study_number: str
    patient: Mapping[str, str]
    """By "name", "gp", "specialist", "hospital" and "investigation": the numbers of the patient."""
    death: str
    reactions: tuple[Reaction, ...]
    drugs: tuple[Drug, ...]
    causalities: tuple[Causality, ...]


def read_report(message: Element) -> CaseReport:
    """Return the report in *message*; what it does not state is ""."""
    event = _find(message, _EVENT)
    role = _find(event, f"{_ASSESSMENT}/subject1/primaryRole")
    ids = {each.get("root"): each.get("extension", "") for each in event.findall("id")}
    return CaseReport(
        case_id=ids.get(elements.CASE_ID, "").strip(),
        worldwide_id=ids.get(elements.WORLDWIDE_ID, "").strip(),
        created=_find(message, "controlActProcess/effectiveTime").get("value", ""),
        received=_find(event, "availabilityTime").get("value", ""),
        nullification=_nullification(event),
        study_number=_study_number(event),
        patient=_patient(role),
        death=_find(role, "player1/deceasedTime").get("value", ""),
        reactions=tuple(_reactions(role)),
        drugs=tuple(_drugs(event, role)),
        causalities=tuple(_causalities(event)),
    )


def _find(element: Element, path: str) -> Element:
    found = element.find(path)
    return _NOTHING if found is None else found


def _value(element: Element) -> str:
    """Return what a `value` states: its code, flag, text or null flavour."""
    for attribute in ("code", "value", "nullFlavor"):
        if text := element.get(attribute, "").strip():
            return text
    return clean_text(element.text)


def _is_coded(element: Element, code: str) -> bool:
    name = _find(element, "code")
    return name.get("code") == code and name.get("codeSystem") == elements.OBSERVATION


def _nullification(event: Element) -> str:
    for each in event.findall("subjectOf2/investigationCharacteristic"):
        if _find(each, "code").get("code") == elements.NULLIFICATION_OR_AMENDMENT:
            return _value(_find(each, "value"))
    return ""


def _study_number(event: Element) -> str:
    for study in event.iter("researchStudy"):
        for each in study.findall("id"):
            if each.get("root") == elements.STUDY_NUMBER:
                return each.get("extension", "").strip()
    return ""


def _patient(role: Element) -> dict[str, str]:
    numbers = {"name": clean_text(_find(role, "player1/name").text)}
    for each in role.findall("player1/asIdentifiedEntity/id"):
        if record := elements.PATIENT_NUMBERS.get(each.get("root", "")):
            numbers[record] = each.get("extension", "").strip()
    return numbers


def _reactions(role: Element) -> Iterator[Reaction]:
    own = {id(each) for each in role.findall("subjectOf2/observation")}
    for each in role.iter("observation"):
        if _is_coded(each, elements.REACTION):
            yield _reaction(each, is_history=id(each) not in own)


def _reaction(observation: Element, *, is_history: bool) -> Reaction:
    stated = {
        _find(each, "code").get("code", ""): _value(_find(each, "value"))
        for each in observation.findall("outboundRelationship2/observation")
        if _find(each, "code").get("codeSystem") == elements.OBSERVATION
    }
    value = _find(observation, "value")
    time = _find(observation, "effectiveTime")
    return Reaction(
        id=_find(observation, "id").get("root", ""),
        llt_code=value.get("code", "").strip(),
        meddra_version=value.get("codeSystemVersion", ""),
        reported_term=clean_text(_find(value, "originalText").text),
        translated_term=stated.get(elements.REPORTED_FOR_TRANSLATION, ""),
        start=_find(time, ".//low").get("value", ""),
        end=_find(time, ".//high").get("value", ""),
        criteria={name: stated.get(code, "") for code, name in elements.CRITERIA.items()},
        outcome=stated.get(elements.OUTCOME, ""),
        is_history=is_history,
    )


def _drugs(event: Element, role: Element) -> Iterator[Drug]:
    roles = {
        _find(each, "subject2/productUseReference/id").get("root", ""): _value(_find(each, "value"))
        for each in event.iter("causalityAssessment")
        if _is_coded(each, elements.DRUG_ROLE)
    }
    for organizer in role.findall("subjectOf2/organizer"):
        if _find(organizer, "code").get("code") == elements.DRUG_INFORMATION:
            for each in organizer.findall("component/substanceAdministration"):
                drug = _find(each, "id").get("root", "")
                action = _find(each, "inboundRelationship/act/code").get("code", "")
                yield Drug(id=drug, role=roles.get(drug, ""), action=action)


def _causalities(event: Element) -> Iterator[Causality]:
    for each in event.iter("causalityAssessment"):
        if _is_coded(each, elements.CAUSALITY):
            yield Causality(
                drug=_find(each, "subject2/productUseReference/id").get("root", ""),
                reaction=_find(each, "subject1/adverseEffectReference/id").get("root", ""),
                result=_value(_find(each, "value")),
            )
