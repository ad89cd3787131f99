"""Builds E2B(R3) reports: short XML with the elements that the tests are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

OID = "2.16.840.1.113883.3.989.2.1"
CODES = {
    "death": "34",
    "life_threatening": "21",
    "hospitalisation": "33",
    "disability": "35",
    "congenital_anomaly": "12",
    "medically_important": "26",
}


def observation(code: str, value: str) -> str:
    """An observation of ICH's code list with the XML of its value."""
    return (
        f'<outboundRelationship2><observation><code code="{code}" codeSystem="{OID}.1.19"/>'
        f"{value}</observation></outboundRelationship2>"
    )


@dataclass(kw_only=True)
class Reaction:
    """One reaction; criteria are flags or null flavours by name."""

    id: str = "r-1"
    code: str = "10027940"
    reported: str = ""
    translated: str = ""
    start: str = "20261010"
    end: str = ""
    criteria: Mapping[str, str] = field(default_factory=dict[str, str])
    outcome: str = "1"

    def xml(self) -> str:
        """The reaction as an observation of the patient."""
        flags = "".join(
            observation(CODES[name], f"<value {boolean(text)}/>")
            for name, text in self.criteria.items()
        )
        if self.translated:
            flags += observation("30", f"<value>{self.translated}</value>")
        flags += observation("27", f'<value code="{self.outcome}"/>')
        code = f"code={quoteattr(self.code)}" if self.code else 'nullFlavor="UNK"'
        return (
            f'<observation><id root="{self.id}"/><code code="29" codeSystem="{OID}.1.19"/>'
            f'<effectiveTime><low value="{self.start}"/><high value="{self.end}"/></effectiveTime>'
            f"<value {code}><originalText>{self.reported}</originalText></value>{flags}"
            "</observation>"
        )


@dataclass(kw_only=True)
class Drug:
    """One drug with its role, what was done with it, and its assessments by reaction."""

    id: str = "d-1"
    role: str = "1"
    action: str = "4"
    causality: Sequence[tuple[str, str]] = ()

    def xml(self) -> str:
        """The drug as a substance administration."""
        return (
            f'<component><substanceAdministration><id root="{self.id}"/><inboundRelationship>'
            f'<act><code code="{self.action}"/></act></inboundRelationship>'
            "</substanceAdministration></component>"
        )

    def assessments(self) -> str:
        """The role of the drug, and its assessments."""
        use = f'<productUseReference><id root="{self.id}"/></productUseReference>'
        reference = f"<subject2>{use}</subject2>"
        role = assessment("20", f'<value code="{self.role}"/>', reference)
        return role + "".join(
            assessment("39", f"<value>{result}</value>", effect(reaction) + reference)
            for reaction, result in self.causality
        )


@dataclass(kw_only=True)
class Report:
    """One report of a case; dates are HL7 texts."""

    case_id: str = "AB-1"
    worldwide_id: str = "AB-1"
    created: str = "20261102"
    received: str = "20261101"
    nullification: str = ""
    study: str = "CT-1"
    investigation: str = "P-001"
    death: str = ""
    reactions: Sequence[Reaction] = (Reaction(),)
    past_reactions: Sequence[Reaction] = ()
    drugs: Sequence[Drug] = (Drug(),)

    def xml(self) -> str:
        """The report as a message of a batch."""
        return (
            "<PORR_IN049016UV><controlActProcess>"
            f'<effectiveTime value="{self.created}"/><subject><investigationEvent>'
            f'<id extension="{self.case_id}" root="{OID}.3.1"/>'
            f'<id extension="{self.worldwide_id}" root="{OID}.3.2"/>'
            f'<availabilityTime value="{self.received}"/>'
            f"<component><adverseEventAssessment>{self._subject()}"
            f"{''.join(each.assessments() for each in self.drugs)}"
            f"</adverseEventAssessment></component>{self._nullification()}"
            "</investigationEvent></subject></controlActProcess></PORR_IN049016UV>"
        )

    def _subject(self) -> str:
        past = "".join(
            f"<outboundRelationship2>{each.xml()}</outboundRelationship2>"
            for each in self.past_reactions
        )
        return (
            f"<subject1><primaryRole><player1><name>JD</name>{self._number()}"
            f'<deceasedTime value="{self.death}"/></player1>'
            f'<subjectOf1><researchStudy><id extension="{self.study}" root="{OID}.3.5"/>'
            "</researchStudy></subjectOf1>"
            '<subjectOf2><organizer><code code="2"/><component><substanceAdministration>'
            f"{past}</substanceAdministration></component></organizer></subjectOf2>"
            f"{''.join(f'<subjectOf2>{each.xml()}</subjectOf2>' for each in self.reactions)}"
            '<subjectOf2><organizer><code code="4"/>'
            f"{''.join(each.xml() for each in self.drugs)}</organizer></subjectOf2>"
            "</primaryRole></subject1>"
        )

    def _number(self) -> str:
        value = f'extension="{self.investigation}"' if self.investigation else 'nullFlavor="MSK"'
        return f'<asIdentifiedEntity><id {value} root="{OID}.3.10"/></asIdentifiedEntity>'

    def _nullification(self) -> str:
        if not self.nullification:
            return ""
        return (
            f'<subjectOf2><investigationCharacteristic><code code="3" codeSystem="{OID}.1.23"/>'
            f'<value code="{self.nullification}"/></investigationCharacteristic></subjectOf2>'
        )


def boolean(text: str) -> str:
    """A flag as an attribute: a null flavour is another attribute than a value."""
    return f'value="{text}"' if text in ("true", "false", "maybe") else f'nullFlavor="{text}"'


def assessment(code: str, value: str, subjects: str) -> str:
    """A causality assessment of ICH's code *code*."""
    return (
        f'<component><causalityAssessment><code code="{code}" codeSystem="{OID}.1.19"/>'
        f"{value}{subjects}</causalityAssessment></component>"
    )


def effect(reaction: str) -> str:
    """The reaction that an assessment is about."""
    return (
        f'<subject1><adverseEffectReference><id root="{reaction}"/></adverseEffectReference>'
        "</subject1>"
    )


def batch(*reports: Report) -> str:
    """A batch of *reports* as XML."""
    return (
        '<MCCI_IN200100UV01 xmlns="urn:hl7-org:v3">'
        f"{''.join(each.xml() for each in reports)}</MCCI_IN200100UV01>"
    )
