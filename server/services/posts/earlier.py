"""What a post in a members-only group said before it was edited, taken away for ever, with the pictures that it showed then.

The versions before a moment have a name of their own, which requests, receipts and the purge register use as they use the id of a
post. A version from before that moment is not taken in any more, whoever brings it; where the post here still says what has to go,
it says nothing until its newer words arrive. It refuses nobody: who may ask for it is decided before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.iri import find_iri
from federation.types import Iri
from federation.vocab.shapes import moment, write_moment
from server.domain.accounts import Account
from server.domain.posts import Post
from server.store import accounts, group_activities, media, polls, post_words, repeats, revisions, work
from server.store import posts as rows
from server.store.session import Unit

SEPARATOR = "#before-"
WORDED = frozenset({"Create", "Update", "Tally"})


@dataclass(frozen=True, slots=True)
class Earlier:
    """The versions of a post from before a moment: the time that its version which stays bears."""

    post_uri: Iri
    before: datetime

    @property
    def uri(self) -> Iri:
        return Iri(f"{self.post_uri}{SEPARATOR}{write_moment(self.before)}")


def read(uri: str) -> Earlier | None:
    """None for what names no earlier versions of anything."""
    post_uri, separator, text = uri.partition(SEPARATOR)
    known, before = find_iri(post_uri), moment(text, 0)
    return Earlier(known, before) if separator and known and isinstance(before, datetime) else None


def whole(uri: Iri) -> Iri:
    """The post, where the name is that of its earlier versions."""
    found = read(uri)
    return uri if found is None else found.post_uri


def of(post: Post) -> Earlier:
    """Whatever a post said before what it says now."""
    return Earlier(post.uri, version_of(post))


def version_of(post: Post) -> datetime:
    return post.edited_at or post.published_at


def named(unit: Unit, post_uri: Iri) -> Earlier | None:
    """What was taken away of a post, as it was last asked for."""
    said = repeats.find_tombstone(unit, f"{post_uri}{repeats.EARLIER}")
    return None if said is None else Earlier(post_uri, said.deleted_at)


def gone_before(unit: Unit, post_uri: str, author: Account, group: Account | None) -> datetime | None:
    """From when on its versions are kept: None where none was taken away, or by nobody who may."""
    said = repeats.find_tombstone(unit, f"{post_uri}{repeats.EARLIER}")
    return said.deleted_at if said is not None and said.covers(author, group) else None


def gone_before_of(unit: Unit, post: Post) -> datetime | None:
    author = accounts.find(unit, post.account_id)
    group = None if post.group_id is None else accounts.find(unit, post.group_id)
    return None if author is None else gone_before(unit, post.uri, author, group)


def remove(unit: Unit, found: Earlier, owner: str, *, keeps: bool = False) -> bool:
    """Takes them away, and what carried them. False where that was done. owner: who says so.

    keeps: a lawful order keeps the words themselves; nobody is shown them, and nothing carries them any more.
    """
    post = rows.find_by_uri(unit, found.post_uri)
    if not repeats.bury_earlier(unit, found.post_uri, found.uri, owner, found.before, known=post is not None):
        return False
    if post is None or not rows.lock(unit, post.id):
        return True
    _forget_carriers(unit, post, found)
    if version_of(post) < found.before:
        _silence(unit, post)
    if not keeps:
        forget(unit, post)
    return True


def forget(unit: Unit, post: Post) -> None:
    """Drops the kept words of what was taken away: also after an edit has put some there again."""
    before = gone_before_of(unit, post)
    if before is not None:
        revisions.remove_before(unit, post.id, before)


def _forget_carriers(unit: Unit, post: Post, found: Earlier) -> None:
    """Of one of ours whatever was made before the moment; of another's all but what brought the version that stays."""
    kept = post.digest if version_of(post) >= found.before else None
    for taken in group_activities.of_objects(unit, [post.uri]):
        older = taken.accepted_at < found.before if post.local else taken.digest != kept
        if taken.kind in WORDED and older:
            group_activities.forget_one(unit, taken.id)
            if taken.activity_id is not None:
                work.forget_activity(unit, taken.activity_id)
    if post.local:
        work.forget_activities(unit, post.id, found.before)


def _silence(unit: Unit, post: Post) -> None:
    """Here it still says what has to go: its newer words are on their way."""
    media.remove_of_post(unit, post.id)
    asked = polls.of_posts(unit, [post.id]).get(post.id)
    if asked is not None:
        polls.remove(unit, asked.id)
    rows.replace_tags(unit, post.id, ())
    post_words.change(unit, post.id, "")
    rows.change(unit, post.id, {"title": "", "summary": "", "content": "", "source": None, "tags": []})
