"""Mail, where the instance has a way to send it: fixed sentences and one link or seal, never a patient, group or author.

A mail is a row in the transaction of its cause; a job sends it. The link is sealed until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server.core.i18n import N_, Translator
from server.domain.signin import MailKind
from server.store import mail as rows
from server.store.session import Unit

RETRY = (60, 300, 1800, 7200, 21600)  # seconds; then it is given up: links do not live longer

SUBJECTS: dict[MailKind, str] = {
    MailKind.INVITATION: N_("Your invitation to %(title)s"),
    MailKind.RESET: N_("Choose a new password for %(title)s"),
    MailKind.EMAIL: N_("Confirm your new address for %(title)s"),
    MailKind.EMAIL_CHANGED: N_("Your address for %(title)s was changed"),
    MailKind.AGREEMENT_ENDS: N_("An agreement ends soon: %(title)s"),
    MailKind.AGREEMENT_ENDED: N_("An agreement has ended: %(title)s"),
    MailKind.LIST_ENDS: N_("A federation list runs out soon: %(title)s"),
    MailKind.LIST_ENDED: N_("A federation list has run out: %(title)s"),
    MailKind.GROUP_OPENED: N_("A group was opened in an emergency: %(title)s"),
    MailKind.LISTS_SILENT: N_("What another institution attests cannot be checked: %(title)s"),
    MailKind.LISTS_UNREAD: N_("What your institution attests cannot be checked: %(title)s"),
    MailKind.SEALS: N_("Where the logs of %(title)s end today"),
    MailKind.HELD: N_("Something waits for your decision: %(title)s"),
    MailKind.SEALS_CONTRADICTED: N_("A partner remembers other logs of %(title)s"),
}
TEXTS: dict[MailKind, str] = {
    MailKind.INVITATION: N_("You were invited to join %(title)s. The link works once, for two weeks:"),
    MailKind.RESET: N_(
        "Somebody asked for a new password for this address. The link works once, for one hour:"
    ),
    MailKind.EMAIL: N_(
        "Somebody wants to use this address for their account. The link works once, for one hour:"
    ),
    MailKind.EMAIL_CHANGED: N_("Your account now has another e-mail address. Where you are signed in:"),
    MailKind.AGREEMENT_ENDS: N_(
        "The agreement with another institution ends soon. When it has ended, the connection is paused. Renew the agreement "
        "and give its new end. With whom, and the last day:"
    ),
    MailKind.AGREEMENT_ENDED: N_(
        "The agreement with another institution has ended, and the connection is paused: nothing is lost, nothing is asked "
        "back. With whom, and the last day:"
    ),
    MailKind.LIST_ENDS: N_(
        "No new version of a federation list has come. When it runs out, the instances that it connected are paused, but for "
        "partners. Ask whoever publishes it:"
    ),
    MailKind.LIST_ENDED: N_(
        "A federation list has run out, and the instances that it connected are paused, but for partners: nothing is lost, "
        "nothing is asked back:"
    ),
    MailKind.GROUP_OPENED: N_(
        "Somebody of the staff has opened a members-only group in an emergency, without being a member. Which one, who, why and until when:"
    ),
    MailKind.LISTS_SILENT: N_(
        "The lists by which another institution takes back what it says of its members could not be read for a day. After three days its "
        "members are interrupted in the groups here, until the lists can be read again; nothing is lost. Telephone its administrator. Who, and since when:"
    ),
    MailKind.LISTS_UNREAD: N_(
        "A partner says that for a day it could not read the lists by which this institution takes back what it says of its members. After three days "
        "your members are interrupted in the groups there, until the lists can be read again. Run `consilium doctor`, and telephone them. Who, and since when:"
    ),
    MailKind.SEALS: N_("Each entry of the logs of %(title)s is sealed in order. Their ends today:"),
    MailKind.HELD: N_(
        "A rule holds something at the boundary until a person lets it go or refuses it. How much waits, since when, and where to decide:"
    ),
    MailKind.SEALS_CONTRADICTED: N_(
        "A partner was told where a log ended, and this end is not in the log any more: entries were cut off or changed since, "
        "or were lost when a backup was restored. Ask the partner itself what it holds. Who, and the end:"
    ),
}
CLOSING = N_("If you did not expect this message, you need not do anything.")
NOT_YOU = N_("If this was not you, tell an administrator at once.")
KEEP = N_(
    "Keep this message where the instance's administrators cannot change it. `consilium audit verify --head` compares."
)
SIGN_IN = N_("You get this message because you are an administrator. The page asks you to sign in.")
DECIDES = N_("You get this message because you may decide about it. The page asks you to sign in.")
ADMINISTRATOR = N_("You get this message because you are an administrator.")
AUDITOR = N_("You get this message because you are an auditor. The page asks you to sign in.")
CLOSINGS: dict[MailKind, str] = {
    MailKind.GROUP_OPENED: AUDITOR,
    MailKind.EMAIL_CHANGED: NOT_YOU,
    MailKind.AGREEMENT_ENDS: SIGN_IN,
    MailKind.AGREEMENT_ENDED: SIGN_IN,
    MailKind.LIST_ENDS: ADMINISTRATOR,
    MailKind.LIST_ENDED: ADMINISTRATOR,
    MailKind.LISTS_SILENT: SIGN_IN,
    MailKind.LISTS_UNREAD: SIGN_IN,
    MailKind.HELD: DECIDES,
    MailKind.SEALS: KEEP,
    MailKind.SEALS_CONTRADICTED: KEEP,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, ready to send."""

    id: int
    address: str
    subject: str
    text: str


def possible(unit: Unit) -> bool:
    """Whether this instance sends mail."""
    return bool(unit.context.settings.smtp_url)


def queue(unit: Unit, kind: MailKind, address: str, language: str, link: str) -> None:
    """Does nothing where the instance sends no mail."""
    if not possible(unit):
        return
    mail_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": mail_id,
            "address": address,
            "kind": kind.value,
            "language": language,
            "link_sealed": unit.context.sealer.seal(f"mail:{mail_id}", link.encode()),
            "created_at": unit.now,
            "due_at": unit.now,
        },
    )


def any_due(unit: Unit) -> bool:
    return bool(rows.due(unit, 1))


def due(unit: Unit, translators: dict[str, Translator], limit: int = 20) -> list[Letter]:
    """What should be sent now. translators: by language, `""` the instance's own.

    Puts each off, so that a second sender leaves it alone; `sent` ends it.
    """
    letters = []
    for row in rows.due(unit, limit):
        if row.attempts >= len(RETRY):
            rows.remove(unit, row.id)
            continue
        rows.put_off(unit, row.id, unit.now + timedelta(seconds=RETRY[row.attempts]))
        translator = translators.get(row.language) or translators[""]
        kind, title = MailKind(row.kind), unit.context.settings.title
        link = unit.context.sealer.open(f"mail:{row.id}", row.link_sealed).decode()
        text = "\n\n".join(
            (translator.gettext(TEXTS[kind], title=title), link, translator.raw(CLOSINGS.get(kind, CLOSING)))
        )
        letters.append(
            Letter(row.id, row.address, translator.gettext(SUBJECTS[kind], title=title), text + "\n")
        )
    return letters


def sent(unit: Unit, mail_id: int) -> None:
    """Forgets a mail that was handed over."""
    rows.remove(unit, mail_id)
