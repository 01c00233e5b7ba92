"""What each table is for, how long its rows stay, and of which class its columns are: the data map is printed from this.

A table that says nothing here fails a test. Retention is what the code does, not what a house would like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class DataClass(StrEnum):
    """special: may be about somebody's health, because people write it. secret: opens something, sealed or hashed."""

    PERSONAL = "personal"
    SPECIAL = "special (health)"
    SECRET = "secret"  # noqa: S105  a word
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Held:
    """usual: the class of each column that does not stand under another class."""

    purpose: str
    retention: str
    usual: DataClass
    apart: Mapping[str, DataClass]

    def of(self, column: str) -> DataClass:
        return self.apart.get(column, self.usual)


def _held(usual: DataClass, purpose: str, retention: str, *, special: str = "", guarded: str = "") -> Held:
    apart = dict.fromkeys(special.split(), DataClass.SPECIAL) | dict.fromkeys(
        guarded.split(), DataClass.SECRET
    )
    return Held(purpose, retention, usual, apart)


_P, _T = DataClass.PERSONAL, DataClass.TECHNICAL
_ENDED = "until the member ends it"
_ROW = "with its account's row, which stays"
_POST = "until the post's row goes"
_KEPT = "kept; nothing deletes it"
_LOGS = "kept; with CONSILIUM_LOG_RETENTION_DAYS that long, then whole sealed days go"

PURPOSES: dict[str, Held] = {
    # accounts
    "account": _held(
        _P,
        "members, groups and people elsewhere, as others see them",
        "kept; at deletion the display name, the note and the fields are emptied, and the name stays taken",
        special="note note_source fields",
    ),
    "account_key": _held(_P, "keys that sign and prove", _ROW, guarded="private_sealed"),
    "follow": _held(_P, "who follows whom", _ENDED),
    "block": _held(_P, "whom a member blocks", _ENDED),
    "mute": _held(_P, "whom a member mutes", "until the member ends it, or its time is over"),
    "account_note": _held(_P, "a member's private remark about somebody", _ENDED, special="comment"),
    "tag_follow": _held(_P, "hashtags that a member follows", _ENDED),
    "domain_block": _held(_P, "instances that a member blocks", _ENDED),
    "endorsement": _held(_P, "whom a member recommends", _ENDED),
    "featured_tag": _held(_P, "hashtags on a profile", _ENDED),
    "list": _held(_P, "a member's lists", _ENDED),
    "list_account": _held(_P, "who is on a list", _ENDED),
    # audit
    "decision": _held(_P, "each decision at the boundary, when and about what: no text", _LOGS),
    "ruling": _held(
        _P, "what decisions have in common: peer, facts, rule, effect", "with the last decision that names it"
    ),
    "audit": _held(_P, "what staff, commands and other instances did", _LOGS),
    "seal": _held(_T, "the heads of the chains over both logs", _KEPT),
    "partner_head": _held(_T, "where the chains of partners ended, a copy for their auditors", _KEPT),
    "seal_start": _held(_T, "where the chains begin, once their oldest rows are gone", _KEPT),
    "crossing": _held(_T, "decisions counted by day, for plots", _KEPT),
    # filters
    "filter": _held(_P, "what a member wants hidden", _ENDED),
    "filter_keyword": _held(_P, "words that a member wants hidden", _ENDED, special="keyword"),
    "filter_post": _held(_P, "single posts that a member wants hidden", _ENDED),
    # groups
    "group": _held(_T, "the terms of a group, here or elsewhere", "with the group's account, which stays"),
    "membership": _held(
        _P, "who is in a group, with which role and standing", "kept, also when it has ended"
    ),
    "newcomer": _held(
        _T, "institutions about to have a first member in a group", "with the group's account, which stays"
    ),
    "newcomer_answer": _held(_T, "which instances told their members of it, and when", "with its `newcomer`"),
    "roster_slice": _held(
        _T, "compares rosters with another instance", "with the group's account, which stays"
    ),
    "group_activity": _held(
        _P,
        "what a group here distributed, in order",
        "kept; the words go from it once they are sent, or the post is deleted",
        special="inner",
    ),
    "stream_entry": _held(_T, "what was released to which instance, in order", _KEPT),
    "stream_position": _held(
        _T, "how far a group's stream was read", "with the group's account, which stays"
    ),
    "group_opening": _held(
        _P, "which groups the staff opened in an emergency, who and why", _KEPT, special="reason"
    ),
    "locked_thread": _held(_P, "threads that a moderator closed", "until it is opened again"),
    "moderator_elsewhere": _held(
        _P, "which open groups elsewhere a member moderates", "until the group's list names them no more"
    ),
    "moderation_asked": _held(
        _P, "what a member did as a moderator elsewhere", "until the group announces it, 30 days at most"
    ),
    # holds
    "hold": _held(_P, "what waits for a person's decision, and what was decided", _KEPT, special="reason"),
    # instances
    "instance": _held(_T, "other instances and the trust in them", _KEPT),
    "partner": _held(
        _P,
        "signed card, key and agreement of a partner, with its contacts",
        "kept; the end of the partnership empties its agreement, its key stays",
    ),
    "probe": _held(_T, "the last probe of a partner", "until the next probe"),
    "trial": _held(_T, "the last test round with a partner", "until the next round"),
    "knock": _held(_T, "instances that are not connected and asked", "one row a day and instance; kept"),
    "federation_list": _held(_T, "lists of institutions that are followed", "until it is no longer followed"),
    "federation_list_version": _held(_T, "their signed versions", "until the list is no longer followed"),
    # ledger
    "inventory": _held(_T, "after a restore: who is asked what they hold of groups here", "until it is read"),
    "ledger": _held(_T, "which instance may have which object", "kept, also when the object is gone"),
    "purge": _held(_P, "what others were asked to remove, and their receipts", _KEPT),
    "purge_register": _held(_T, "what others asked us to remove, and our receipts", _KEPT),
    "incident": _held(_P, "posts that were said to identify a patient", _KEPT),
    "post_read": _held(
        _P,
        "which member here was shown which post of a members-only group: names for the auditor, a number for the author",
        "12 months",
    ),
    "legal_hold": _held(_P, "what is kept hidden by a lawful order", "until it is lifted", special="reason"),
    # policies
    "policy": _held(_P, "the house's own rules, every version, and who decided", _KEPT),
    # posts
    "post": _held(
        _P,
        "what people wrote",
        "until its author, a moderator or a removal asked by others deletes it; in a closed or secret group that "
        "states days of retention, until they are over",
        special="title summary content source tags",
    ),
    "revision": _held(_P, "earlier versions of a post", _POST, special="summary content media poll"),
    "mention": _held(_P, "whom a post addresses", _POST),
    "post_tag": _held(_P, "finds posts by hashtag", _POST, special="tag"),
    "media": _held(
        _P,
        "pictures, videos, sound; the bytes are in the vault",
        "until the post's row goes; one that no post uses, a day",
        special="digest preview_digest remote_url description blurhash original upload",
        guarded="key_sealed",
    ),
    "scheduled_post": _held(
        _P, "posts to be published later", "until they are published or withdrawn", special="draft"
    ),
    "poll": _held(_P, "the options of a poll", _POST, special="options"),
    "poll_vote": _held(_P, "who voted for what", _POST, special="choice"),
    "favourite": _held(_P, "who likes which post", "until it is taken back, or the post's row goes"),
    "bookmark": _held(_P, "what a member keeps", "until it is taken back, or the post's row goes"),
    "pin": _held(_P, "posts on top of a profile", "until it is taken back, or the post's row goes"),
    "thread_mute": _held(_P, "threads that a member does not want to hear of", _ENDED),
    "conversation": _held(_P, "a member's direct messages by thread", "until the member removes it"),
    "home_entry": _held(_P, "a member's home timeline", "the newest; older ones go each hour"),
    "idempotency": _held(
        _T, "makes a post, or tells of its refusal, once where an app sends it twice", "one hour"
    ),
    "tombstone": _held(
        _P,
        "keeps a deleted post, or what it said before, from coming back",
        "30 days for posts from elsewhere; our own and those of groups for ever",
    ),
    "report": _held(_P, "complaints about people and posts", _KEPT, special="comment"),
    "post_words": _held(_P, "finds posts by their words", _POST, special="words"),
    # users
    "user": _held(
        _P,
        "people who sign in",
        "kept; at deletion the address and the password are erased",
        guarded="password_hash",
    ),
    "user_account": _held(_P, "who may act as which account", "with the user's row, which stays"),
    "second_factor": _held(
        _P,
        "proves who signs in",
        "until the member removes it",
        guarded="secret_sealed credential_id public_key",
    ),
    "recovery_code": _held(
        _P, "replaces a lost second factor", "until new ones are made", guarded="code_hash"
    ),
    "invitation": _held(
        _P, "one-time links to join or to set a password", "30 days after its end", guarded="token_hash"
    ),
    "web_session": _held(
        _P, "who is signed in", "at most 14 days, one day without use", guarded="token_hash data"
    ),
    "signin_attempt": _held(_T, "slows down guessing; the login only as a hash", "one day"),
    "spent": _held(_T, "lets a challenge count once", "until it would have ended"),
    "mail": _held(_P, "mail to be sent", "until it is sent or given up", guarded="link_sealed"),
    "oauth_app": _held(
        _T,
        "apps that members use",
        "kept; one that nobody uses, 30 days",
        guarded="client_secret_hash",
    ),
    "oauth_code": _held(_P, "the way of an app to its token", "one day", guarded="code_hash challenge"),
    "oauth_token": _held(
        _P, "what an app signs in with", "kept as a hash, also when it has ended", guarded="token_hash"
    ),
    "marker": _held(_P, "how far a member has read", _ROW),
    "notification": _held(
        _P, "what a member is told", "until what it tells of is taken back, or the post's row goes"
    ),
    "notification_policy": _held(_P, "whom a member wants to hear of", _ROW),
    "notification_request": _held(_P, "strangers who want to be heard", "until the member decides"),
    "notification_permission": _held(_P, "strangers whom a member let in", _KEPT),
    "push_subscription": _held(
        _P, "where a device is told, sealed", "until the app ends it, or its token ends", guarded="sealed"
    ),
    "push_message": _held(_P, "that a device is to be told; no text", "24 hours"),
    # verification
    "verification": _held(
        _P,
        "what was checked of a member's profession",
        "kept; an uploaded document is erased 30 days after the decision",
        guarded="number_sealed",
    ),
    "attestation": _held(_P, "signed statements of a member's profession, for one group", _KEPT),
    "status_list": _held(_T, "which statements were taken back, as bits", _KEPT),
    # work
    "inbox_item": _held(_P, "knows what was received by digests of it, so that nothing counts twice", _KEPT),
    "inbox_body": _held(_P, "received activities that wait", "until the work is done", special="body"),
    "event": _held(
        _P, "effects of what happened here: ids and closed words", "7 days after it was made, if done"
    ),
    "activity": _held(
        _P,
        "what we send, to the letter",
        "until its post is deleted; one about no post is kept",
        special="body",
    ),
    "delivery": _held(_T, "where an activity goes", "7 days after it was made, if done; given up: kept"),
    "change": _held(_T, "tells other processes what changed", "one day"),
    "lease": _held(_T, "which process does the upkeep", "until it is given back"),
    "meta": _held(_T, "single values: when the last backup was made, and the like", _KEPT),
}
