"""Professions, specialties, registers and ways of checking: the closed words of the wire, and what people read instead.

Pages never show a level. They say who checked what, against what, when, and until when it holds.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

from server.core.i18n import LANGUAGES, N_, Catalogue, Translator
from server.domain.verification import Attestation, Checked, Method, Verification
from server.registries.identifiers import Register
from server.text.folding import words as words_of

SHORTEST = 3
"""Letters of a specialty's name that say which is meant."""

PROFESSIONS: Final[dict[str, str]] = {
    "physician": N_("Physician"),
    "dentist": N_("Dentist"),
    "pharmacist": N_("Pharmacist"),
    "midwife": N_("Midwife"),
    "nurse": N_("Nurse"),
    "physiotherapist": N_("Physiotherapist"),
    "psychologist": N_("Psychologist"),
    "paramedic": N_("Paramedic"),
    "radiographer": N_("Radiographer"),
    "biomedical-scientist": N_("Biomedical scientist"),
    "student": N_("Student of a health profession"),
}

FIELDS: Final[dict[str, str]] = {
    "medicine": N_("Internal medicine and its branches"),
    "surgery": N_("Surgery and its branches"),
    "acute-care": N_("Anaesthesia, intensive and emergency care"),
    "diagnostics": N_("Imaging and laboratory"),
    "women-and-children": N_("Women's and children's health"),
    "primary-care": N_("Primary care and public health"),
    "mind-and-nerves": N_("Neurology and psychiatry"),
}
"""What a specialty becomes where so few share it that it would point at a person."""

SPECIALTIES: Final[dict[str, tuple[str, str]]] = {
    "allergology": (N_("Allergology"), "medicine"),
    "anaesthesiology": (N_("Anaesthesiology"), "acute-care"),
    "cardiac-surgery": (N_("Cardiac surgery"), "surgery"),
    "cardiology": (N_("Cardiology"), "medicine"),
    "child-psychiatry": (N_("Child and adolescent psychiatry"), "mind-and-nerves"),
    "dermatology": (N_("Dermatology"), "medicine"),
    "emergency-medicine": (N_("Emergency medicine"), "acute-care"),
    "endocrinology": (N_("Endocrinology"), "medicine"),
    "gastroenterology": (N_("Gastroenterology"), "medicine"),
    "general-practice": (N_("General practice"), "primary-care"),
    "general-surgery": (N_("General surgery"), "surgery"),
    "genetics": (N_("Medical genetics"), "diagnostics"),
    "geriatrics": (N_("Geriatrics"), "medicine"),
    "gynaecology": (N_("Gynaecology and obstetrics"), "women-and-children"),
    "haematology": (N_("Haematology"), "medicine"),
    "infectious-diseases": (N_("Infectious diseases"), "medicine"),
    "intensive-care": (N_("Intensive care"), "acute-care"),
    "internal-medicine": (N_("Internal medicine"), "medicine"),
    "laboratory-medicine": (N_("Laboratory medicine"), "diagnostics"),
    "neonatology": (N_("Neonatology"), "women-and-children"),
    "nephrology": (N_("Nephrology"), "medicine"),
    "neurology": (N_("Neurology"), "mind-and-nerves"),
    "neurosurgery": (N_("Neurosurgery"), "surgery"),
    "nuclear-medicine": (N_("Nuclear medicine"), "diagnostics"),
    "occupational-medicine": (N_("Occupational medicine"), "primary-care"),
    "oncology": (N_("Oncology"), "medicine"),
    "ophthalmology": (N_("Ophthalmology"), "surgery"),
    "orthopaedics": (N_("Orthopaedics and traumatology"), "surgery"),
    "otorhinolaryngology": (N_("Otorhinolaryngology"), "surgery"),
    "paediatric-surgery": (N_("Paediatric surgery"), "surgery"),
    "paediatrics": (N_("Paediatrics"), "women-and-children"),
    "palliative-care": (N_("Palliative care"), "medicine"),
    "pathology": (N_("Pathology"), "diagnostics"),
    "plastic-surgery": (N_("Plastic surgery"), "surgery"),
    "pneumology": (N_("Pneumology"), "medicine"),
    "psychiatry": (N_("Psychiatry"), "mind-and-nerves"),
    "public-health": (N_("Public health"), "primary-care"),
    "radiology": (N_("Radiology"), "diagnostics"),
    "radiotherapy": (N_("Radiotherapy"), "medicine"),
    "rehabilitation": (N_("Physical medicine and rehabilitation"), "medicine"),
    "rheumatology": (N_("Rheumatology"), "medicine"),
    "thoracic-surgery": (N_("Thoracic surgery"), "surgery"),
    "urology": (N_("Urology"), "surgery"),
    "vascular-surgery": (N_("Vascular surgery"), "surgery"),
}

REGISTERS: Final[dict[Register, str]] = {
    Register.US_NPI: N_("United States: NPI"),
    Register.FR_RPPS: N_("France: RPPS"),
    Register.FR_ADELI: N_("France: ADELI"),
    Register.GB_GMC: N_("United Kingdom: GMC"),
    Register.GB_NMC: N_("United Kingdom: NMC"),
    Register.GB_GDC: N_("United Kingdom: GDC"),
    Register.GB_GPHC: N_("United Kingdom: GPhC"),
    Register.GB_HCPC: N_("United Kingdom: HCPC"),
    Register.DE_LANR: N_("Germany: LANR"),
    Register.DE_EFN: N_("Germany: EFN"),
    Register.ES_COLEGIADO: N_("Spain: number of the college"),
    Register.BE_INAMI: N_("Belgium: INAMI/RIZIV"),
    Register.NL_BIG: N_("Netherlands: BIG"),
    Register.CH_GLN: N_("Switzerland: GLN"),
    Register.AU_AHPRA: N_("Australia: AHPRA"),
    Register.AU_HPII: N_("Australia: HPI-I"),
    Register.CA_CPSO: N_("Canada: CPSO"),
    Register.CA_MINC: N_("Canada: MINC"),
    Register.OTHER: N_("Another register"),
}

METHODS: Final[dict[Method, str]] = {
    Method.ADMINISTRATOR: N_("the word of the institution"),
    Method.DOCUMENT: N_("a document that was shown"),
    Method.REGISTER: N_("the professional register"),
    Method.IN_PERSON: N_("an identity document, in person"),
    Method.SPONSORS: N_("the word of colleagues who vouch"),
    Method.INSTITUTION: N_("the institution's own sign-in"),
}

IDENTITY_LEVELS: Final[dict[str, str]] = {
    "low": N_("identity as stated"),
    "substantial": N_("identity checked"),
    "high": N_("identity checked in person"),
}

AUTHENTICATOR_LEVELS: Final[dict[str, str]] = {
    "aal1": N_("password"),
    "aal2": N_("second factor"),
    "aal3": N_("passkey or card"),
}

STANDINGS: Final[dict[int, str]] = {
    1: N_("vouched for by the institution"),
    2: N_("entered in a professional register"),
    3: N_("confirmed by the institution"),
    4: N_("confirmed by a national professional identity"),
}
"""What each level means, as whoever decides chooses it."""


def profession(word: str, words: Translator) -> str:
    """A profession as people read it; one of elsewhere that is not known here as it is written."""
    return words.gettext(PROFESSIONS.get(word, word))


def specialty(word: str, words: Translator) -> str:
    if word in SPECIALTIES:
        return words.gettext(SPECIALTIES[word][0])
    return words.gettext(FIELDS.get(word, word))


def specialties_called(typed: str) -> list[str]:
    """Those whose name begins so, in any language of the house, whatever case and accents."""
    wanted = " ".join(words_of(typed))
    return (
        [] if len(wanted) < SHORTEST else sorted({each for name, each in _names() if name.startswith(wanted)})
    )


@cache
def _names() -> tuple[tuple[str, str], ...]:
    catalogue = Catalogue()
    spoken = [catalogue.translator(language) for language in LANGUAGES]
    return tuple((" ".join(words_of(specialty(each, one))), each) for each in SPECIALTIES for one in spoken)


def title(profession_word: str, specialties: tuple[str, ...], words: Translator) -> str:
    """Such as "Physician: Cardiology, Geriatrics"."""
    named = ", ".join(specialty(one, words) for one in specialties)
    return f"{profession(profession_word, words)}: {named}" if named else profession(profession_word, words)


def what_was_checked(one: Verification | Checked, by: str, words: Translator) -> str:
    """Who checked what, against what, when, and until when it holds. by: the instance's name."""
    assert one.decided_at is not None
    what = title(one.profession, one.specialties, words)
    if one.method is Method.NONE and one.valid_until is not None:  # of a pseudonym
        return what_is_stated(by, one.profession, one.specialties, one.valid_until, words)
    values = {
        "who": by,
        "what": what,
        "against": against(one, words),
        "day": words.day(one.decided_at),
    }
    until = f" {_until(one.valid_until, words)}" if one.valid_until is not None else ""
    return words.gettext("%(who)s checked “%(what)s” against %(against)s on %(day)s.", **values) + until


def against(one: Verification | Checked, words: Translator) -> str:
    method = words.gettext(METHODS.get(one.method, N_("nothing that is recorded")))
    if one.method is Method.REGISTER and one.register in list(Register):
        return f"{method} ({words.gettext(REGISTERS[Register(one.register)])})"
    return method


def what_is_stated(
    issuer: str, profession_word: str, specialties: tuple[str, ...], until: datetime, words: Translator
) -> str:
    """What another instance states of one of its members."""
    said = words.gettext(
        "%(issuer)s states that it checked: %(what)s.",
        issuer=issuer,
        what=title(profession_word, specialties, words),
    )
    return f"{said} {_until(until, words)}"


def of_attestation(one: Attestation | None, words: Translator) -> str:
    """What is stated of somebody in a list; empty where nothing is."""
    if one is None:
        return ""
    return what_is_stated(one.issuer, one.profession, one.specialties, one.valid_until, words)


def _until(moment: datetime, words: Translator) -> str:
    return words.gettext("This holds until %(day)s.", day=words.day(moment))
