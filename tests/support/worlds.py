"""Small worlds of people, instances, groups and posts, and the model of who may see what: the design's rules one after the other.

`worlds()` draws one, `build` writes it into a database, `may_see` says what a viewer may see of it. Ids are numbers plus one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete

from federation.types import Origin
from server.domain.lists import RepliesPolicy
from server.domain.viewers import Anonymous, Member, Opener, Peer, Viewer
from server.store import post_words
from server.store.session import Unit
from server.store.tables import accounts as account_tables
from server.store.tables import groups as group_tables
from server.store.tables import instances as instance_tables
from server.store.tables import posts as post_tables
from tests.support.house import START

DOMAINS = ("", "", "", "one.example", "one.example", "two.example:8443")
PEERS = ("one.example", "two.example:8443", "three.example")
VISIBILITIES = ("public", "unlisted", "followers", "direct")
TRUSTS = (None, "allowed", "limited", "suspended", "blocked", "unknown")
PEOPLE = range(len(DOMAINS))
AT_HOME = [number for number in PEOPLE if DOMAINS[number] == ""]
HERE, THERE = 101, 102
HOUR = timedelta(hours=1)
LIST = 900
"""The id of the first person's list."""
GROUPS = {HERE: "", THERE: "one.example"}
STATES = ("active", "active", "active", "suspended", "requested", "removed", "invited")
STANDINGS = ("published",) * 5 + ("pending", "held", "refused", "hidden", "removed")
person = st.sampled_from(list(PEOPLE))
pairs = st.sets(st.tuples(person, person).filter(lambda pair: pair[0] != pair[1]), max_size=8)


@dataclass(frozen=True)
class WrittenPost:
    author: int
    visibility: str
    mentions: frozenset[int]
    boost_of: int | None
    group: int | None = None
    standing: str = "published"
    reply_to: int | None = None
    word: str = "plain"
    tagged: bool = False


@dataclass(frozen=True)
class World:
    """trust: by domain. follows: pairs with whether they are accepted. members: state by group and person.

    hidden: the group that lives elsewhere cannot be reconciled. mutes: pairs with whether they are not over yet.
    home, kept: pairs of a person and a post. listed: whom the first person has on a list.
    """

    standing: tuple[str, ...]
    trust: dict[str, str | None]
    follows: dict[tuple[int, int], bool]
    blocks: set[tuple[int, int]]
    posts: list[WrittenPost] = field(default_factory=list)
    public_pages: bool = False
    members: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: bool = False
    mutes: dict[tuple[int, int], bool] = field(default_factory=dict)
    home: frozenset[tuple[int, int]] = frozenset()
    kept: frozenset[tuple[int, int]] = frozenset()
    listed: frozenset[int] = frozenset()
    replies: RepliesPolicy = RepliesPolicy.LIST
    exclusive: bool = False


@st.composite
def worlds(draw: st.DrawFn) -> World:
    posts: list[WrittenPost] = []
    for number in range(draw(st.integers(1, 7))):
        originals = [n for n in range(number) if posts[n].boost_of is None]
        boost_of = draw(st.sampled_from([None, None, *originals])) if originals else None
        author = draw(person)
        if any(each.boost_of == boost_of and each.author == author for each in posts if boost_of is not None):
            boost_of = None
        group = draw(st.sampled_from((None, None, *GROUPS)))
        reply_to = draw(st.sampled_from((None, *originals))) if originals and boost_of is None else None
        posts.append(
            WrittenPost(
                author=author,
                visibility=draw(st.sampled_from(VISIBILITIES)),
                mentions=frozenset(draw(st.sets(person, max_size=2))) if boost_of is None else frozenset(),
                boost_of=boost_of,
                group=group,
                standing="published" if group is None else draw(st.sampled_from(STANDINGS)),
                reply_to=reply_to,
                word=draw(st.sampled_from(("plain", "plain", "odd"))),
                tagged=draw(st.booleans()),
            )
        )
    entries = st.frozensets(
        st.tuples(st.sampled_from(AT_HOME), st.integers(0, len(posts) - 1)), max_size=3 * len(posts)
    )
    return World(
        standing=tuple(draw(st.sampled_from(("well",) * 6 + ("suspended", "deleted"))) for _ in PEOPLE),
        trust={domain: draw(st.sampled_from(TRUSTS)) for domain in PEERS[:2]},
        follows=draw(st.dictionaries(st.tuples(person, person), st.booleans(), max_size=10)),
        blocks=draw(pairs),
        posts=posts,
        public_pages=draw(st.booleans()),
        members=draw(
            st.dictionaries(
                st.tuples(st.sampled_from(list(GROUPS)), person), st.sampled_from(STATES), max_size=10
            )
        ),
        hidden=draw(st.booleans()),
        mutes=draw(st.dictionaries(st.tuples(person, person), st.booleans(), max_size=3)),
        home=draw(entries),
        kept=draw(entries),
        listed=frozenset(draw(st.sets(person, max_size=4))),
        replies=draw(st.sampled_from(RepliesPolicy)),
        exclusive=draw(st.booleans()),
    )


def may_see(world: World, viewer: Viewer, number: int) -> bool:
    """The model: the rules in the words of the design, one after the other."""
    post = world.posts[number]
    if post.boost_of is not None and not may_see(world, viewer, post.boost_of):
        return False
    author = post.author
    if world.standing[author] != "well" or world.trust.get(DOMAINS[author]) in {"suspended", "blocked"}:
        return False
    followers = {one for (one, other), accepted in world.follows.items() if other == author and accepted}
    match viewer:
        case Anonymous():
            return world.public_pages and post.visibility == "public" and post.group is None
        case Member(account_id):
            me = account_id - 1
            if me == author:
                return post.standing not in {"hidden", "removed"}
            if (me, author) in world.blocks or (author, me) in world.blocks:
                return False
            if post.group is not None:
                shown = post.standing == "published" and not (post.group == THERE and world.hidden)
                return shown and world.members.get((post.group, me)) == "active"
            return (
                post.visibility in {"public", "unlisted"}
                or (post.visibility == "followers" and me in followers)
                or me in post.mentions
            )
        case Opener():
            return viewer in LIVE and post.group == HERE and post.standing == "published"
        case Peer(origin, profiled):
            if post.group is not None:
                if not profiled:
                    return False
                lives_there = any(
                    DOMAINS[one] == origin and state == "active"
                    for (group, one), state in world.members.items()
                    if group == post.group
                )
                ours = post.group == HERE and post.standing == "published" and lives_there
                local = DOMAINS[author] == ""
                told = local and GROUPS[post.group] == origin and post.standing not in {"hidden", "removed"}
                return ours or told
            if DOMAINS[author] == origin:
                return True
            return (
                post.visibility in {"public", "unlisted"}
                or (post.visibility == "followers" and any(DOMAINS[one] == origin for one in followers))
                or any(DOMAINS[one] == origin for one in post.mentions)
            )


LIVE = [Opener(1, 1, START)]
OVER = [
    Opener(1, 1, START + HOUR),  # its time is over
    Opener(1, 2, START),  # of somebody else
    Opener(2, 1, START),  # ended by hand
]
VIEWERS: list[Viewer] = [
    *LIVE,
    *OVER,
    Anonymous(),
    *(Member(number + 1) for number in PEOPLE if DOMAINS[number] == ""),
    *(Peer(Origin(domain)) for domain in PEERS),
    *(Peer(Origin(domain), profiled=True) for domain in PEERS),
]


def build(unit: Unit, world: World) -> None:
    """Writes a world into an emptied database; ids are numbers plus one."""
    for table in (
        post_tables.post,
        group_tables.stream_position,
        group_tables.group_opening,
        account_tables.account,
        instance_tables.instance,
    ):
        unit.run(delete(table))
    people = [*enumerate(DOMAINS), *((group - 1, domain) for group, domain in GROUPS.items())]
    for number, domain in people:
        uri = f"https://{domain or 'here.example'}/users/{number}"
        standing = world.standing[number] if number in PEOPLE else "well"
        unit.run(
            account_tables.account.insert(),
            {
                "id": number + 1,
                "username": f"p{number}",
                "username_folded": f"p{number}",
                "domain": domain,
                "uri": uri,
                "url": uri,
                "kind": "Person",
                "inbox": f"{uri}/inbox",
                "fields": [],
                "also_known_as": [],
                "created_at": START,
                "suspended_at": START if standing == "suspended" else None,
                "deleted_at": START if standing == "deleted" else None,
            },
        )
    for group in GROUPS:
        unit.run(
            group_tables.group.insert(),
            {
                "account_id": group,
                "access": "closed",
                "languages": [],
                "professions": [],
                "hosts": [],
                "created_at": START,
            },
        )
    for number, ended_at in enumerate((None, START)):
        opening = {"id": number + 1, "group_id": HERE, "group_uri": "", "account_id": 1, "reason": "x"}
        times = {"opened_at": START, "until": START + HOUR, "ended_at": ended_at}
        unit.run(group_tables.group_opening.insert(), opening | times)
    for number, ((group, one), state) in enumerate(world.members.items()):
        unit.run(
            group_tables.membership.insert(),
            {
                "id": number + 1,
                "group_id": group,
                "account_id": one + 1,
                "state": state,
                "created_at": START,
            },
        )
    if world.hidden:
        unit.run(
            group_tables.stream_position.insert(),
            {"group_id": THERE, "epoch": 1, "n": 0, "hidden_at": START},
        )
    for number, (domain, trust) in enumerate(world.trust.items()):
        if trust is not None:
            unit.run(
                instance_tables.instance.insert(),
                {
                    "id": number + 1,
                    "domain": domain,
                    "trust": trust,
                    "created_at": START,
                    "changed_at": START,
                },
            )
    for number, ((one, other), accepted) in enumerate(world.follows.items()):
        state = "accepted" if accepted else "pending"
        _relate(unit, account_tables.follow, number, one, other, {"state": state})
    for number, (one, other) in enumerate(sorted(world.blocks)):
        _relate(unit, account_tables.block, number, one, other, {})
    for number, post in enumerate(world.posts):
        unit.run(post_tables.post.insert(), _row(world, number, post))
        if post.boost_of is None:
            post_words.add(unit, number + 1, f"words {post.word}")
        if post.tagged:
            unit.run(post_tables.post_tag.insert(), {"tag": "tagged", "post_id": number + 1})
        for named in post.mentions:
            unit.run(
                post_tables.mention.insert(),
                {"post_id": number + 1, "account_id": named + 1, "silent": bool(named % 2)},
            )
    _kept(unit, world)


def _relate(
    unit: Unit, table: Any, number: int, one: int, other: int, more: dict[str, Any], *, uri: bool = True
) -> None:
    row = {"id": number + 1, "account_id": one + 1, "target_id": other + 1, "created_at": START, **more}
    unit.run(table.insert(), row | ({"uri": f"https://x.example/{number}"} if uri else {}))


def _kept(unit: Unit, world: World) -> None:
    """What members have of posts and of one another, beside what they may see."""
    for number, ((one, other), lasting) in enumerate(world.mutes.items()):
        over = {"expires_at": None if lasting else START - HOUR}
        _relate(unit, account_tables.mute, number, one, other, over, uri=False)
    for one, number in world.home:
        unit.run(post_tables.home_entry.insert(), {"account_id": one + 1, "post_id": number + 1})
    for row, (one, number) in enumerate(sorted(world.kept)):
        kept = {"id": row + 1, "account_id": one + 1, "post_id": number + 1}
        unit.run(post_tables.bookmark.insert(), kept)
        uri = f"https://x.example/likes/{row}"
        unit.run(post_tables.favourite.insert(), kept | {"uri": uri, "created_at": START})
    unit.run(
        account_tables.list_.insert(),
        {
            "id": LIST,
            "account_id": 1,
            "title": "x",
            "replies_policy": world.replies.value,
            "exclusive": world.exclusive,
        },
    )
    for number, one in enumerate(sorted(world.listed)):
        row = {"id": number + 1, "list_id": LIST, "account_id": one + 1}
        unit.run(account_tables.list_account.insert(), row)


def _row(world: World, number: int, post: WrittenPost) -> dict[str, Any]:
    answered = None if post.reply_to is None else world.posts[post.reply_to]
    return {
        "id": number + 1,
        "uri": f"https://x.example/posts/{number}",
        "url": "",
        "account_id": post.author + 1,
        "local": DOMAINS[post.author] == "",
        "kind": "note" if post.boost_of is None else "boost",
        "visibility": post.visibility,
        "group_id": post.group,
        "standing": post.standing,
        "boost_of_id": None if post.boost_of is None else post.boost_of + 1,
        "in_reply_to_id": None if post.reply_to is None else post.reply_to + 1,
        "in_reply_to_uri": None if post.reply_to is None else f"https://x.example/posts/{post.reply_to}",
        "in_reply_to_account_id": None if answered is None else answered.author + 1,
        "thread_id": number + 1,
        "content": "",
        "tags": [],
        "published_at": START,
    }
