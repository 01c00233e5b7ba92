"""What the instance, or a group, tells a member by a direct message: closed sentences, never a word of a post."""

from __future__ import annotations

from enum import StrEnum


class Sentence(StrEnum):
    """The parts that each may have are named in `services.messages`, which holds the words."""

    JOIN_CONFIRM = "join-confirm"  # asked in an app: credential and rules are confirmed on a page
    JOIN_WAITING = "join-waiting"
    JOIN_ADMITTED = "join-admitted"  # decided: members are told first that an institution joins
    JOIN_ACCEPTED = "join-accepted"
    JOIN_REFUSED = "join-refused"  # reason
    JOIN_ASKED = "join-asked"  # to moderators: somebody asks to be let in
    INVITED = "invited"
    LEFT = "left"
    RENEWAL_REFUSED = "renewal-refused"  # reason
    MEMBERSHIP_SUSPENDED = "membership-suspended"  # reason
    MEMBERSHIP_RESTORED = "membership-restored"
    MEMBERSHIP_ENDED = "membership-ended"  # reason
    RULES_CHANGED = "rules-changed"
    POST_REFUSED = "post-refused"  # reason
    POST_REFUSED_HERE = "post-refused-here"  # reason; for no group, or for more than one
    CHANGE_REFUSED = "change-refused"  # reason; of a post in a group
    CHANGE_REFUSED_HERE = "change-refused-here"  # reason
    BOOST_REFUSED = "boost-refused"
    NO_GROUP_NAMED = "no-group-named"  # where all is said in groups
    POST_HELD = "post-held"
    POST_REMOVED = "post-removed"
    POST_HIDDEN = "post-hidden"  # somebody says that it identifies a patient
    POST_RESTORED = "post-restored"
    EARLIER_REMOVED = "earlier-removed"  # what an edited post said before
    INCIDENT = "incident"  # to moderators: a hidden post waits for them
    NEW_INSTITUTION = "new-institution"  # host: members are told before it joins
    GROUP_BEHIND = "group-behind"  # hidden until its roster is reconciled
    NOT_SHARED = "not-shared"  # a discussion is not shared with this institution: rule
    GROUP_OPENED = "group-opened"  # to moderators: somebody of the staff reads without being in it
    GROUP_OPENED_ELSEWHERE = "group-opened-elsewhere"  # host; to moderators of a group elsewhere
    GROUP_OPENED_AUDIT = "group-opened-audit"  # to auditors
    CREDENTIAL_ENDING = "credential-ending"
    SCHEDULED_NOT_SENT = "scheduled-not-sent"
    MESSAGE_NOT_TAKEN = "message-not-taken"  # host: a message from there holds a patient's number


class Refusal(StrEnum):
    """Why something is not taken here already. Said to its author alone: what crosses has its `Reason`."""

    TWO_GROUPS = "two-groups"
    OTHER_GROUP = "other-group"
    ANSWERS_OUTSIDE = "answers-outside"
    ANSWERS_UNPUBLISHED = "answers-unpublished"
    NOBODY_NAMED = "nobody-named"
    CANNOT_READ = "cannot-read"
    MODERATORS_ELSEWHERE = "moderators-elsewhere"
    NO_MODERATOR = "no-moderator"
    RECORDING = "recording"
    UNPUBLISHED = "unpublished"
    READERS_STAY = "readers-stay"
    QUOTE = "quote"
