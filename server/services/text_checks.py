"""Refuses words that hold a certain identifier, before anything of them is stored or sent.

In a group: e-mail addresses, telephone numbers, full dates of birth, national patient identifiers. In a direct message the
last kind alone. What a person reads names the kind, never the value. These are nets for the obvious: passing them says
nothing about whether a text tells who the patient is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.core.errors import Invalid
from server.core.i18n import N_
from server.deid.check import check as findings
from server.deid.findings import Kind, Purpose
from server.domain.accounts import Account, AccountKind
from server.domain.posts import Visibility
from server.store.session import Unit

GROUP: Mapping[Kind, str] = {
    Kind.PATIENT_IDENTIFIER: N_(
        "A post in a group cannot hold a national patient identifier. Please take it out and send the post again."
    ),
    Kind.EMAIL: N_(
        "A post in a group cannot hold an e-mail address. Please take it out, or name colleagues as @name@instance."
    ),
    Kind.PHONE: N_(
        "A post in a group cannot hold a telephone number. Please take it out, or give it in a direct message."
    ),
    Kind.BIRTH_DATE: N_(
        "A post in a group cannot hold a full date of birth. Please give the age or the year of birth instead."
    ),
}
DIRECT: Mapping[Kind, str] = {
    Kind.PATIENT_IDENTIFIER: N_(
        "A message cannot hold a national patient identifier. Please take it out and send the message again."
    ),
}
"""What a person is told; message ids for gettext. The first kind in this order is the one that is named."""


_SENTENCES: Mapping[Purpose, Mapping[Kind, str]] = {Purpose.GROUP: GROUP, Purpose.DIRECT: DIRECT}


def purpose(visibility: Visibility, mentioned: Iterable[Account]) -> Purpose | None:
    """What a post in no members-only group is held to: a message, a post that an open group passes on, or nothing."""
    if visibility is Visibility.DIRECT:
        return Purpose.DIRECT
    to_group = any(one.kind is AccountKind.GROUP for one in mentioned)
    return Purpose.GROUP if to_group else None


def check(unit: Unit, words: Iterable[str], wanted: Purpose | None) -> None:
    """words: everything that people will read: text, content warning, choices, descriptions. Raises Invalid."""
    if wanted is None:
        return
    today = unit.now.date()
    kinds = {finding.kind for each in words for finding in findings(each, purpose=wanted, today=today)}
    for kind, sentence in _SENTENCES[wanted].items():
        if kind in kinds:
            raise Invalid(sentence)


def passes(unit: Unit, words: Iterable[str], wanted: Purpose) -> bool:
    """Of what comes from elsewhere: the same net as for what is written here."""
    try:
        check(unit, words, wanted)
    except Invalid:
        return False
    return True
