"""What rules say, in words: for explanations, pages and commands.

A rule that a person wrote in Cedar speaks by its annotation `@says("…")`, or else by its id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.core.i18n import N_
from server.policy.compile import Rule

RULES: Mapping[str, str] = {
    "base.connected-ordinary-posts": N_(
        "A connected instance may have notices and discussions that are not of a members-only group."
    ),
    "base.connected-removals": N_("A connected instance is told what was deleted or taken back."),
    "base.connected-join-open": N_("Members of a connected instance may ask to join an open group."),
    "base.partner-join": N_("Members of a partner may ask to join a members-only group."),
    "base.partner-members-only": N_(
        "A partner may have notices, discussions and cases of the members-only groups its members are in."
    ),
    "base.partner-cases": N_("A partner may have cases, in a group or as a direct message."),
    "base.not-connected": N_("Nothing crosses to or from an instance that is not connected."),
    "base.restricted-stays": N_("What is restricted never leaves the instance."),
    "base.cases-leave-to-partners-only": N_("A case leaves to partners only."),
    "base.cases-leave-in-groups-or-messages-only": N_(
        "A case leaves as a group's post or a direct message only."
    ),
    "base.members-only-for-partners": N_(
        "What is said in a members-only group crosses between partners only."
    ),
    "base.receipt-owed": N_(
        "An instance that has not answered a request to delete for three days gets nothing more of that group."
    ),
    "base.messages-leave-to-partners-only": N_("This house sends direct messages to partners only."),
    "base.blocked-author": N_("The author's own instance is blocked."),
    "base.unknown-author": N_("The author's own instance is not known here."),
    "base.introduced-author-in-groups-only": N_(
        "An author whom another instance introduced is heard in members-only groups only."
    ),
    "base.documents-refused": N_("Documents and DICOM files do not cross."),
    "base.video-refused-among-members": N_("Video and sound do not cross in members-only groups."),
    "base.hold-connected-held": N_("Everything that arrives from this instance waits for a person."),
    "template.peer-receives-nothing": N_("%(peer)s receives nothing."),
    "template.peer-sends-held": N_("Everything that arrives from %(peer)s waits for a person."),
    "template.group-stays": N_("Nothing of the group %(group)s crosses."),
    "template.group-not-to-peer": N_("Nothing of the group %(group)s crosses to or from %(peer)s."),
    "template.peer-no-cases": N_("%(peer)s receives no cases."),
    "template.peer-group-notices-only": N_("Of the group %(group)s, %(peer)s receives notices only."),
    "template.peer-group-no-cases": N_("Of the group %(group)s, %(peer)s receives no cases."),
    "template.group-held": N_("What is said in the group %(group)s waits for a person before it crosses."),
    "template.images-within-jurisdiction": N_("Images leave to instances in %(value)s only."),
    "template.hold-above-discussion": N_("Cases wait for a person before they leave."),
    "template.no-pseudonymous-authors": N_("Nothing of pseudonymous authors is taken."),
    "template.accept-from-level": N_(
        "In groups, nothing is taken from members below verification level %(value)s."
    ),
    "template.no-introduced-authors": N_("Authors whom another instance introduced are not heard."),
}
NO_PERMIT = N_("No rule permits it.")
ALARM = N_("The rules could not be judged: %(why)s. Then nothing crosses.")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and what fills it; message "" where a rule has only its id."""

    rule: str
    message: str
    values: Mapping[str, str]


def of_rule(rule: Rule) -> Said:
    notes = rule.body.get("annotations", {})
    template = str(notes.get("template", ""))
    message = RULES.get(template or rule.id) or str(notes.get("says", ""))
    return Said(
        rule.id,
        message,
        {"peer": rule.peer or "", "group": rule.group or "", "value": str(notes.get("filled", ""))},
    )
