"""Direct messages of a group, or of the instance, to a member here: what apps cannot show otherwise.

Each is one of the sentences below, in the reader's language, with one link. A message never quotes a post and never names
a patient. It stays here: nothing of it is sent to another instance. The sentences are a page of the documents as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.core.i18n import N_, Translator
from server.domain.accounts import Account
from server.domain.groups import REFUSALS, Reason
from server.domain.messages import Refusal, Sentence
from server.domain.notifications import NotificationKind
from server.domain.posts import Post, PostKind, Visibility
from server.services import accounts, addresses, conversations, notifications
from server.store import accounts as account_rows
from server.store import posts as rows
from server.store import users
from server.store.session import Unit
from server.text.compose import ContentType, compose

SENTENCES: Mapping[Sentence, str] = {
    Sentence.JOIN_CONFIRM: N_(
        "You asked to join %(group)s. Before your request is sent, please read its rules and see what will be said of you:"
    ),
    Sentence.JOIN_WAITING: N_(
        "Your request to join %(group)s was sent. Its moderators decide, and you will be told."
    ),
    Sentence.JOIN_ADMITTED: N_(
        "You were admitted to %(group)s. It opens to you as soon as its members have been told that your institution joins: in a day at the latest, and you will be told."
    ),
    Sentence.JOIN_ACCEPTED: N_("You are now a member of %(group)s. Who can read it stands on its page:"),
    Sentence.JOIN_REFUSED: N_("You were not admitted to %(group)s: %(reason)s"),
    Sentence.JOIN_ASKED: N_("Somebody asks to join %(group)s. The request waits for your decision:"),
    Sentence.INVITED: N_("You are invited to join %(group)s. Nothing happens unless you accept:"),
    Sentence.LEFT: N_("You have left %(group)s."),
    Sentence.RENEWAL_REFUSED: N_(
        "Your membership of %(group)s goes on for as long as what was said of your profession before holds. It was not renewed: %(reason)s"
    ),
    Sentence.MEMBERSHIP_SUSPENDED: N_("Your membership of %(group)s is interrupted: %(reason)s"),
    Sentence.MEMBERSHIP_RESTORED: N_("Your membership of %(group)s goes on."),
    Sentence.MEMBERSHIP_ENDED: N_("Your membership of %(group)s has ended: %(reason)s"),
    Sentence.RULES_CHANGED: N_("The rules of %(group)s have changed. Please read and accept them to go on:"),
    Sentence.POST_REFUSED: N_("Your post to %(group)s was not published: %(reason)s"),
    Sentence.POST_REFUSED_HERE: N_("Your post was not published: %(reason)s"),
    Sentence.CHANGE_REFUSED: N_("Your change of a post in %(group)s was not taken: %(reason)s"),
    Sentence.CHANGE_REFUSED_HERE: N_("Your change of a post was not taken: %(reason)s"),
    Sentence.BOOST_REFUSED: N_(
        "A post in %(group)s was not boosted: what is said there is for its members alone."
    ),
    Sentence.NO_GROUP_NAMED: N_(
        "Your post was not published: it named no group. On this instance posts go to a group or to named people, so mention one group of yours. You find yours here:"
    ),
    Sentence.POST_HELD: N_("Your post to %(group)s waits for a moderator. You will be told."),
    Sentence.POST_REMOVED: N_("A moderator has removed your post from %(group)s: %(reason)s"),
    Sentence.EARLIER_REMOVED: N_(
        "What a post of yours in %(group)s said before you edited it was removed everywhere, since it identified a patient. What it says now stays."
    ),
    Sentence.POST_HIDDEN: N_(
        "A post of yours in %(group)s is hidden: a member says that it contains something that identifies a patient. A moderator looks at it."
    ),
    Sentence.POST_RESTORED: N_("Your post in %(group)s is shown again: a moderator has looked at it."),
    Sentence.INCIDENT: N_(
        "A post in %(group)s is hidden: a member says that it contains something that identifies a patient. Please decide whether it is shown again or purged everywhere:"
    ),
    Sentence.NEW_INSTITUTION: N_(
        "%(host)s is about to have a first member in %(group)s. From then on its staff who run the system can read what is posted there; whether also what was posted before stands on the group's page. You can delete posts of yours, or leave the group, at any time:"
    ),
    Sentence.GROUP_BEHIND: N_(
        "%(group)s is not shown at the moment: this instance could not make sure who its members are. It comes back by itself."
    ),
    Sentence.NOT_SHARED: N_("A discussion in %(group)s is not shared with your institution: rule %(rule)s."),
    Sentence.GROUP_OPENED: N_(
        "Somebody of the staff of this instance has opened %(group)s in an emergency, without being a member. Who, why and until when; you can end it:"
    ),
    Sentence.GROUP_OPENED_ELSEWHERE: N_(
        "Somebody of the staff of %(host)s, where %(group)s lives, has opened it in an emergency, without being a member. Who, why and until when:"
    ),
    Sentence.GROUP_OPENED_AUDIT: N_(
        "Somebody of the staff has opened a members-only group in an emergency, without being a member. Which one, who, why and until when:"
    ),
    Sentence.CREDENTIAL_ENDING: N_(
        "What was checked of your profession ends soon. Please have it renewed, so that your memberships go on:"
    ),
    Sentence.SCHEDULED_NOT_SENT: N_(
        "A post that you had scheduled was not sent: what it answers, its group or a rule has changed since. You find it among your scheduled posts."
    ),
    Sentence.MESSAGE_NOT_TAKEN: N_(
        "A message to you from somebody at %(host)s was not taken in, since it holds a national patient identifier. Nothing of it is kept here; please ask for it without."
    ),
}

REASONS: Mapping[Reason, str] = {
    Reason.NONE: N_("no reason was given."),
    Reason.NOT_A_PARTNER: N_("your institution is no partner of the one where the group lives."),
    Reason.BARE_FOLLOW: N_("the request came without a statement about your profession."),
    Reason.CREDENTIAL_MISSING: N_("nothing was checked of your profession yet. Ask for it on your own page."),
    Reason.CREDENTIAL_INVALID: N_("the statement about your profession could not be verified."),
    Reason.CREDENTIAL_EXPIRED: N_("the statement about your profession has expired."),
    Reason.CREDENTIAL_REVOKED: N_("the statement about your profession no longer holds."),
    Reason.LEVEL: N_("the group asks for a stronger check of the profession than was made."),
    Reason.PROFESSION: N_("the group does not admit your profession."),
    Reason.RULES_CHANGED: N_("its rules have changed and were not accepted."),
    Reason.NOT_INVITED: N_("one joins it by invitation only."),
    Reason.DECLINED: N_("its moderators have declined."),
    Reason.BANNED: N_("its moderators have excluded you."),
    Reason.SUPERSEDED: N_("a newer request stands in its place."),
    Reason.NOT_A_MEMBER: N_("you are no member of it."),
    Reason.AUDIENCE: N_("it was addressed to others than the members of the group."),
    Reason.CONTENT_CLASS: N_("the group does not take posts of this class."),
    Reason.IDENTIFIERS: N_("it contains something by which a person can be identified."),
    Reason.MEDIA: N_("a picture could not be accepted."),
    Reason.PARENT_UNKNOWN: N_("what it answers is not there any more."),
    Reason.THREAD_LOCKED: N_("the discussion is closed."),
    Reason.MENTION_OUTSIDE: N_("it names somebody who is no member of the group."),
    Reason.POLICY: N_("a rule between the institutions does not allow it."),
    Reason.MODERATOR: N_("a moderator decided so."),
    Reason.ISSUER_SILENT: N_(
        "your institution could not be asked for days whether your credential still holds."
    ),
    Reason.DISSOLVED: N_("the group was dissolved."),
    Reason.MALFORMED: N_("it could not be read."),
    Reason.RETENTION: N_("the time for which the group keeps posts is over."),
    Reason.INSTITUTION_NEW: N_("its members are told first that your institution joins."),
}

HERE: Mapping[Refusal, str] = {
    Refusal.TWO_GROUPS: N_("it names more than one group, and a post goes to one."),
    Refusal.OTHER_GROUP: N_("an answer goes to the group of the post that it answers, and to no other."),
    Refusal.ANSWERS_OUTSIDE: N_("it answers a post outside the group. Please write a new one."),
    Refusal.ANSWERS_UNPUBLISHED: N_("what it answers was not published in the group."),
    Refusal.NOBODY_NAMED: N_("a direct answer needs the name of somebody who is to read it."),
    Refusal.CANNOT_READ: N_(
        "it names somebody who is not known here as a member who can read this discussion."
    ),
    Refusal.MODERATORS_ELSEWHERE: N_(
        "the moderators of a group elsewhere are written to by their own names."
    ),
    Refusal.NO_MODERATOR: N_("the group has no other moderator."),
    Refusal.RECORDING: N_("videos and sound files are not accepted in members-only groups; pictures are."),
    Refusal.UNPUBLISHED: N_("the post is not published in the group."),
    Refusal.READERS_STAY: N_("who can read a post stays as it is. Please write a new one for the group."),
    Refusal.QUOTE: N_(
        "posts are not quoted on this instance. Please put the address of the post into yours."
    ),
}
"""Reasons that are said here alone."""


def write(unit: Unit, payload: Mapping[str, int | str], translators: Mapping[str, Translator]) -> Post | None:
    """The message of a MESSAGE_DUE event. translators: by language, `""` the instance's own. None: nobody to tell."""
    reader = account_rows.find(unit, int(payload["account_id"]))
    about = account_rows.find(unit, int(payload["from_id"]))
    if reader is None or not reader.local or reader.gone or about is None:
        return None
    user = users.find_by_account(unit, reader.id)
    translator = translators.get(user.language or "" if user is not None else "") or translators[""]
    speaker = about if about.local else accounts.ensure_instance_actor(unit)
    text = words(unit, payload, about, translator)
    return _post(unit, speaker, reader, text, translator.language)


def words(unit: Unit, payload: Mapping[str, int | str], about: Account, translator: Translator) -> str:
    """The sentence, then its link."""
    said = translator.gettext(
        SENTENCES[Sentence(str(payload["sentence"]))],
        group=about.display_name or about.username,
        reason=translator.raw(_because(str(payload.get("reason", "")))),
        host=str(payload.get("host", "")),
        rule=str(payload.get("rule", "")),
    )
    return f"{said}\n\n{link(unit, payload, about)}"


def _because(reason: str) -> str:
    return HERE[Refusal(reason)] if reason in set(Refusal) else REASONS[Reason(reason)]


def refusals(translator: Translator) -> list[tuple[str, str]]:
    """The reasons that who declines a request may choose from, each with what the other is told."""
    return [(one.value, translator.raw(REASONS[one])) for one in REFUSALS]


def link(unit: Unit, payload: Mapping[str, int | str], about: Account) -> str:
    """Where to go on: the one page that the sentence is about."""
    base = unit.context.settings.base
    match Sentence(str(payload["sentence"])):
        case Sentence.JOIN_CONFIRM | Sentence.INVITED | Sentence.RULES_CHANGED:
            return f"{base}/groups/{about.id}/join"
        case Sentence.JOIN_ASKED:
            return f"{base}/groups/{about.id}/requests"
        case Sentence.INCIDENT:
            return f"{base}/groups/{about.id}/incidents"
        case Sentence.GROUP_OPENED | Sentence.GROUP_OPENED_ELSEWHERE:
            return f"{base}/groups/{about.id}/openings"
        case Sentence.GROUP_OPENED_AUDIT:
            return f"{base}/admin/openings"
        case Sentence.NO_GROUP_NAMED | Sentence.POST_REFUSED_HERE | Sentence.CHANGE_REFUSED_HERE:
            return f"{base}/groups"
        case Sentence.CREDENTIAL_ENDING:
            return f"{base}/verification"
        case Sentence.SCHEDULED_NOT_SENT | Sentence.MESSAGE_NOT_TAKEN:
            return base
        case _:
            return f"{base}/groups/{about.id}"


def _post(unit: Unit, speaker: Account, reader: Account, text: str, language: str) -> Post:
    """A direct post in the one thread that this speaker has with this reader. No event: it stays here."""
    composed = compose(
        text, ContentType.PLAIN, lambda _handle: None, lambda tag: addresses.tag_page(unit, tag)
    )
    post_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": post_id,
            "uri": addresses.post_object(unit, post_id),
            "url": addresses.post_page(unit, speaker, post_id),
            "account_id": speaker.id,
            "local": True,
            "kind": PostKind.NOTE.value,
            "visibility": Visibility.DIRECT.value,
            "thread_id": rows.thread_between(unit, speaker.id, reader.id) or post_id,
            "content": composed.html,
            "language": language,
            "published_at": unit.now,
        },
    )
    rows.add_mentions(unit, post_id, [reader.id])
    post = rows.find(unit, post_id)
    assert post is not None
    conversations.arrived(unit, post, [reader.id])
    notifications.notify(unit, [reader.id], NotificationKind.MENTION, speaker.id, post)
    return post
