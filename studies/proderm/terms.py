"""Preferred terms with their MedDRA primary system organ class, and the label's groupings."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A preferred term; *label_group* is the grouping of the US label where it differs."""

    preferred_term: str
    system_organ_class: str
    label_group: str | None = None

    @property
    def label(self) -> str:
        """The name under which the label counts the term."""
        return self.label_group or self.preferred_term


BLOOD = "Blood and lymphatic system disorders"
CARDIAC = "Cardiac disorders"
EAR = "Ear and labyrinth disorders"
EYE = "Eye disorders"
GASTRO = "Gastrointestinal disorders"
GENERAL = "General disorders and administration site conditions"
IMMUNE = "Immune system disorders"
INFECTIONS = "Infections and infestations"
INJURY = "Injury, poisoning and procedural complications"
INVESTIGATIONS = "Investigations"
METABOLISM = "Metabolism and nutrition disorders"
MUSCLE = "Musculoskeletal and connective tissue disorders"
NEOPLASMS = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
NERVOUS = "Nervous system disorders"
PSYCHIATRIC = "Psychiatric disorders"
RENAL = "Renal and urinary disorders"
REPRODUCTIVE = "Reproductive system and breast disorders"
RESPIRATORY = "Respiratory, thoracic and mediastinal disorders"
SKIN = "Skin and subcutaneous tissue disorders"
VASCULAR = "Vascular disorders"

COUNTED_TERMS = (
    Term("Headache", NERVOUS),
    Term("Pyrexia", GENERAL),
    Term("Body temperature increased", INVESTIGATIONS, "Pyrexia"),
    Term("Nausea", GASTRO),
    Term("Vomiting", GASTRO),
    Term("Chills", GENERAL),
    Term("Musculoskeletal pain", MUSCLE),
    Term("Neck pain", MUSCLE, "Musculoskeletal pain"),
    Term("Blood pressure increased", INVESTIGATIONS),
    Term("Blood pressure systolic increased", INVESTIGATIONS, "Blood pressure increased"),
    Term("Heart rate increased", INVESTIGATIONS),
    Term("Tachycardia", CARDIAC, "Heart rate increased"),
    Term("Dyspnoea", RESPIRATORY, "Dyspnea"),
    Term("Infusion site pain", GENERAL, "Infusion site reactions"),
    Term("Infusion site erythema", GENERAL, "Infusion site reactions"),
    Term("Condition aggravated", GENERAL),
    Term("Myalgia", MUSCLE),
    Term("Arthralgia", MUSCLE),
)
"""The terms with a published count.  No other term may have more than four patients.

The label groups are assumptions: one preferred term cannot have both 18 related and 17
non-serious patients (pyrexia), nor 8 infusional patients and no row in the registry's list.
"""

_OTHER_TERM_NAMES = {
    BLOOD: "Anaemia;Leukopenia;Lymphadenopathy;Neutropenia",
    CARDIAC: "Palpitations;Sinus tachycardia;Bradycardia",
    EAR: "Vertigo;Ear pain;Tinnitus",
    EYE: "Vision blurred;Dry eye;Photophobia;Conjunctivitis allergic",
    GASTRO: "Diarrhoea;Abdominal pain;Abdominal pain upper;Dyspepsia;Constipation;Dry mouth;"
    "Toothache;Gastrooesophageal reflux disease;Dysphagia;Flatulence",
    GENERAL: "Fatigue;Asthenia;Influenza like illness;Oedema peripheral;Chest discomfort;"
    "Chest pain;Malaise;Feeling cold;Pain",
    IMMUNE: "Hypersensitivity;Seasonal allergy",
    INFECTIONS: "Nasopharyngitis;Upper respiratory tract infection;Urinary tract infection;"
    "Bronchitis;Sinusitis;Influenza;Gastroenteritis;Oral herpes;Herpes zoster;Pharyngitis;"
    "Cystitis;Rhinitis;Cellulitis;Pneumonia;Sepsis",
    INJURY: "Contusion;Fall;Ligament sprain;Skin laceration;Femur fracture",
    INVESTIGATIONS: "Alanine aminotransferase increased;Haemoglobin decreased;"
    "Blood creatine phosphokinase increased;Oxygen saturation decreased;Weight increased;"
    "White blood cell count decreased;Blood glucose increased",
    METABOLISM: "Decreased appetite;Hypokalaemia;Hyperglycaemia;Dehydration",
    MUSCLE: "Back pain;Pain in extremity;Muscle spasms;Muscular weakness;Joint swelling;"
    "Musculoskeletal stiffness;Musculoskeletal chest pain;Dermatomyositis",
    NEOPLASMS: "Melanocytic naevus;Lung adenocarcinoma",
    NERVOUS: "Dizziness;Paraesthesia;Migraine;Somnolence;Tremor;Dysgeusia;Lethargy;"
    "Hypoesthesia;Loss of consciousness;Cerebrovascular accident;Cerebral infarction",
    PSYCHIATRIC: "Insomnia;Anxiety;Depression",
    RENAL: "Dysuria;Pollakiuria;Haematuria",
    REPRODUCTIVE: "Menorrhagia;Vulvovaginal dryness",
    RESPIRATORY: "Cough;Oropharyngeal pain;Nasal congestion;Epistaxis;Rhinorrhoea;Wheezing;"
    "Pulmonary embolism;Interstitial lung disease;Pneumonia aspiration;"
    "Acute respiratory failure",
    SKIN: "Rash;Pruritus;Urticaria;Erythema;Alopecia;Hyperhidrosis;Dry skin;"
    "Photosensitivity reaction;Rash pruritic",
    VASCULAR: "Hypertension;Hypotension;Flushing;Hot flush;Deep vein thrombosis;Haematoma",
}
OTHER_TERMS = tuple(
    Term(name, soc) for soc, names in _OTHER_TERM_NAMES.items() for name in names.split(";")
)
"""All further terms: those published in tables 4 and 7, and plausible ones for the other events."""

TERMS = {term.preferred_term: term for term in COUNTED_TERMS + OTHER_TERMS}
