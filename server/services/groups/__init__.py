"""Groups and who is in them. `group` and `member` are accounts; `by` is who it is written down for in the audit log.

For pages and the API (each raises NotFound where the group does not exist for the viewer)::

    find_for(unit, viewer, group) -> Seen              the group with the viewer's membership; .member, .must_accept_rules
    of_member(unit, member) -> [Seen]                  groups a member is in, asks to be in, or is invited to
    listed(unit, viewer) -> [Seen]                     groups that anybody here may find
    suggested(unit, viewer) -> [Account]               of these, what a member of their specialty may want to join
    who_can_read(unit, group) -> [Readers]             institution by institution, with counts where they are told
    roster(unit, viewer, group, after=0) -> [RosterLine] members by name, for whom the group lets see them
    requests(unit, group) -> [RosterLine]                who waits for the moderators, with what is attested of them
    asking(unit, viewer) -> [Asking]                     groups here with requests, for the staff
    arriving(unit, group) -> [Arriving]                  institutions about to have a first member, of which members are told first
    moderating(unit, viewer, group) -> by              as whom a moderator acts; NotFound for everybody else

A member::

    want(unit, member, group)                          an app's follow: a message leads to our page. Nobody else hears of it
    confirm_join(unit, member, group, rules_version)   the page: rules read, credential seen; judged here, or sent; an open group elsewhere is followed
    accept_rules(unit, member, group, rules_version)   they were asked again
    leave(unit, member, group)                         an app's unfollow, a request taken back, an invitation declined
    leave_all(unit, member)                            whoever leaves the institution
    invite(unit, member, group, invitee)               through the group

A moderator (by from `moderating`, or "command")::

    create(unit, by, name, Settings(title=…), founder) change(unit, by, group, Settings(…)) dissolve(unit, by, group)
    accept(unit, by, group, member)                    reject(unit, by, group, member, reason)
    add(unit, by, group, member)                       remove(…) ban(…) unban(…) set_role(unit, by, group, member, role)
    few_moderators(unit, group) -> bool                a page warns

Remote (facts proven at the gate)::

    receive_join(unit, Request) receive_leave(…) receive_invite(…) hear(unit, group, Said) receive_slice(…) compare(…)
    receive_newcomer(unit, group, Offer) newcomer_answered(unit, group, offer_uri, host)   members are told of an institution first
    look_at_all(unit)                                  whoever waits for that is in, as soon as all have answered, or after a day
    roster_of(unit, group, host) -> RosterSlice        stamp and digest, for the stream's header
    attestation_changed(unit, attestation_id)          memberships follow what is attested
    trust_changed(unit, domain)                        memberships end with the relation to an instance
    look_at_borders(unit)                              and are interrupted while it is no partner

A message never says more than its sentence; a group elsewhere decides by its words, which `life` puts in order.
"""

from server.services.groups.answering import FOLLOW, again, repeated, stranger
from server.services.groups.apps import block, confirm_join, follow, leave, unfollow
from server.services.groups.borders import look_at_borders
from server.services.groups.founding import Settings, accept_rules, change, create, dissolve
from server.services.groups.hearing import (
    Said,
    compare,
    hear,
    receive_slice,
    slice_failed,
    slices_due,
    word_of,
)
from server.services.groups.joining import (
    NoSuchGroup,
    Request,
    ask,
    ask_again,
    receive_join,
    renew,
    renew_all,
    want,
)
from server.services.groups.known import compare_all, document_failed, documents_due, receive_document
from server.services.groups.leaving import leave_all, receive_leave
from server.services.groups.life import Asked, Heard, Word
from server.services.groups.members import (
    accept,
    add,
    ban,
    few_moderators,
    invite,
    invite_by_command,
    moderating,
    reject,
    remove,
    set_role,
    unban,
)
from server.services.groups.newcomers import (
    Arriving,
    Offer,
    arriving,
    look_at_all,
    newcomers_of,
    silent_hosts,
)
from server.services.groups.newcomers import answered as newcomer_answered
from server.services.groups.newcomers import receive as receive_newcomer
from server.services.groups.newcomers import repeated as newcomer_repeated
from server.services.groups.parting import trust_changed
from server.services.groups.reading import (
    Asking,
    Readers,
    RosterLine,
    Seen,
    asking,
    excluded,
    find_for,
    invited,
    listed,
    of_member,
    requests,
    roster,
    suggested,
    who_can_read,
)
from server.services.groups.standing import get
from server.services.groups.suspending import attestation_changed
from server.services.groups.terms import hosts_of, may_know
from server.services.groups.terms import of as terms_of
from server.store.rosters import find as roster_of

__all__ = [
    "FOLLOW",
    "Arriving",
    "Asked",
    "Asking",
    "Heard",
    "NoSuchGroup",
    "Offer",
    "Readers",
    "Request",
    "RosterLine",
    "Said",
    "Seen",
    "Settings",
    "Word",
    "accept",
    "accept_rules",
    "add",
    "again",
    "arriving",
    "ask",
    "ask_again",
    "asking",
    "attestation_changed",
    "ban",
    "block",
    "change",
    "compare",
    "compare_all",
    "confirm_join",
    "create",
    "dissolve",
    "document_failed",
    "documents_due",
    "excluded",
    "few_moderators",
    "find_for",
    "follow",
    "get",
    "hear",
    "hosts_of",
    "invite",
    "invite_by_command",
    "invited",
    "leave",
    "leave_all",
    "listed",
    "look_at_all",
    "look_at_borders",
    "may_know",
    "moderating",
    "newcomer_answered",
    "newcomer_repeated",
    "newcomers_of",
    "of_member",
    "receive_document",
    "receive_join",
    "receive_leave",
    "receive_newcomer",
    "receive_slice",
    "reject",
    "remove",
    "renew",
    "renew_all",
    "repeated",
    "requests",
    "roster",
    "roster_of",
    "set_role",
    "silent_hosts",
    "slice_failed",
    "slices_due",
    "stranger",
    "suggested",
    "terms_of",
    "trust_changed",
    "unban",
    "unfollow",
    "want",
    "who_can_read",
    "word_of",
]
