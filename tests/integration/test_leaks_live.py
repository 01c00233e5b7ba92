"""Nothing leaks: what members write in a closed group is searched for in every answer that anybody else can get.

Words and pictures that are nowhere else are planted in a group of two live instances. Then every GET route of the route table is called as
nobody, as a colleague who is no member, as an administrator, and as seven kinds of instances, with the real ids. No answer holds a planted word or picture,
and the answer for what is there is, byte for byte, the answer for what never was. Nor are they in a log, or in what waits for another instance.
Streams (which do not end) are tried in tests/integration/api.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.domain.users import Role
from server.services import accounts, sessions, tokens
from server.store.session import Unit
from server.store.tables import metadata
from server.store.tables.work import activity, delivery
from server.web.kit.routing import Auth, Route
from server.web.mastodon.tags import tag_id
from server.web.routes import ROUTES
from tests.support.hostile import now, rows
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.outsiders import Outsider, outsiders_of
from tests.support.pictures import png

pytestmark = pytest.mark.slow

WORDS = (
    "numbatecg",
    "numbatwarning",
    "numbatpicture",
    "numbatchoice",
    "numbatanswer",
    "numbatedited",
    "numbatdraft",
    "numbataside",
)
TAG = "numbattag"
SIZES = ("digest", "preview_digest", "signed_digest", "original")
PAGES = {Auth.SESSION, Auth.MAYBE_SESSION, Auth.FRESH_SESSION, Auth.STAFF}
PEERS = {Auth.SIGNATURE, Auth.NONE}
GETS = [route for route in ROUTES if route.method == "GET" and not (route.endless or route.socket)]
ONCE = re.compile(r'(nonce|value|content)="[A-Za-z0-9_\-.:=]{16,}"')
"""What a page writes anew each time: nonces and the proofs of its forms."""


@dataclass
class Planted:
    """At one instance. secret: ids of what nobody else may know of, by the name of a route's parameter; pictures: as members load them."""

    at: LiveInstance
    member: Doctor
    secret: dict[str, list[str]] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)

    def paths(self, route: Route) -> Iterator[tuple[str, str]]:
        """Each way to call it, with the id in question ("" where there is none)."""
        names = re.findall(r"{(\w+)}", route.path)
        fixed = route.path
        for name in names[:-1]:
            fixed = fixed.replace(f"{{{name}}}", self.public[name])
        if not names:
            yield fixed, ""
            return
        last, about = names[-1], route.path.startswith(("/objects", "/activities", "/actors"))
        for value in self.secret["public" if about else last]:
            yield fixed.replace(f"{{{last}}}", value), value
        known = self.public.get("actor" if about else last)
        if known is not None:
            yield fixed.replace(f"{{{last}}}", known), ""


class Story:
    """Cleo lives where the group does, Anna elsewhere. Otto (at both) is a verified colleague and no member; so is the administrator."""

    def __init__(self, launcher: Launcher) -> None:
        self.circle = Circle(launcher, "chu", "society")
        self.group: LiveGroup = self.circle.group("society", "cardio")
        self.cleo, self.anna = self.circle.doctor("society", "cleo"), self.circle.doctor("chu", "anna")
        for member in (self.cleo, self.anna):
            self.circle.join(self.group, member)
        self.colleagues = {name: self.circle.doctor(name, "otto") for name in self.circle.instances}
        self.planted = self._plant()

    def _plant(self) -> dict[str, Planted]:
        cleo, anna, handle = self.cleo, self.anna, self.group.handle
        files = {"file": ("x.png", png(40, 30, colour=(11, 203, 77)), "image/png")}
        upload = cleo.live.client.post("/api/v2/media", files=files, data={"description": "numbatpicture"})
        media = upload.raise_for_status().json()["id"]
        said = cleo.say(f"{handle} numbatecg #{TAG}", spoiler_text="numbatwarning", media_ids=[media])
        poll = cleo.say(f"{handle} numbatecg", poll={"options": ["numbatchoice", "no"], "expires_in": 3600})
        eventually(lambda: anna.sees(said["uri"]) and anna.sees(poll["uri"]))
        at_chu = anna.sees(said["uri"])
        answer = anna.say("numbatanswer", in_reply_to_id=at_chu["id"])
        anna.post(f"/api/v1/statuses/{at_chu['id']}/favourite")
        aside = cleo.say(f"{anna.handle} numbataside", visibility="direct")
        eventually(lambda: cleo.get(f"/api/v1/statuses/{said['id']}/context")["descendants"])
        changed = {
            "status": f"{handle} numbatedited #{TAG}",
            "spoiler_text": "numbatwarning",
            "media_ids": [media],
        }
        cleo.live.client.put(f"/api/v1/statuses/{said['id']}", json=changed).raise_for_status()
        eventually(lambda: "numbatedited" in anna.sees(said["uri"])["content"])
        eventually(lambda: anna.get("/api/v1/conversations"))
        found = {}
        for member in (cleo, anna):
            uris = [said["uri"], poll["uri"], answer["uri"], aside["uri"]]
            found[member.at.name] = self._known(member, uris)
        return found

    def _known(self, member: Doctor, uris: list[str]) -> Planted:
        planted = Planted(member.at, member)
        scheduled = member.say(
            "numbatdraft", scheduled_at=(now() + timedelta(days=30)).isoformat(), visibility="direct"
        )
        marks = ",".join("?" for _ in uris)
        posts = rows(member.at, f"select id, uri from post where uri in ({marks})", *uris)
        media = rows(member.at, f"select id, {', '.join(SIZES)} from media where post_id is not null")
        activities = rows(
            member.at,
            f"select a.uri from activity a join post p on p.id = a.post_id where p.uri in ({marks})",
            *uris,
        )
        polls = [one["poll"]["id"] for one in member.home() if one.get("poll")]
        polls += [
            one["reblog"]["poll"]["id"] for one in member.home() if one["reblog"] and one["reblog"]["poll"]
        ]
        numbers = [str(number) for number, _ in posts] + [str(one[0]) for one in media] + polls
        numbers += [one["id"] for one in member.get("/api/v1/conversations")]
        numbers += [one["id"] for one in member.get("/api/v1/notifications")]
        numbers = sorted({*numbers, scheduled["id"]})
        ends = [uri.rsplit("/", 1)[1] for uri in [*uris, *(uri for (uri,) in activities)]]
        digests = sorted({one for row in media for one in row[1:] if one})
        planted.secret = {
            "id": numbers,
            "post": numbers,
            "public": sorted({*ends, *numbers}),
            "digest": digests,
            "tag": [TAG],
        }
        for other in ("key", "token", "n", "kind", "name", "domain"):
            planted.secret[other] = numbers[:2]
        group = rows(member.at, "select id from account where uri = ?", self.group.account.uri)[0][0]
        planted.public = {
            "id": str(group),
            "name": member.account.username,
            "kind": "avatar",
            "actor": self.group.account.uri.rsplit("/", 1)[1],
            "domain": self.circle["chu"].origin,
        }
        for one in member.home():
            for picture in (one["reblog"] or one)["media_attachments"]:
                for size in ("url", "preview_url"):
                    link = picture[size].removeprefix(member.at.base)
                    planted.pictures.append(
                        eventually(lambda link=link: self._picture(member, link), within=60)
                    )
        assert planted.pictures
        return planted

    @staticmethod
    def _picture(member: Doctor, link: str) -> bytes:
        answered = member.live.client.get(link)
        return answered.content if answered.status_code == 200 else b""

    def session(self, instance: LiveInstance, name: str) -> str:
        def begin(unit: Unit) -> str:
            user = accounts.owner(unit, accounts.get_local(unit, name))
            assert user is not None
            return sessions.begin(unit, user.id, full=True, agent="", address="")

        return f"consilium={self.circle.run(instance, begin)}"

    def administrator(self, instance: LiveInstance) -> str:
        """A token of all scopes."""

        def make(unit: Unit) -> str:
            user, account = accounts.create_user(
                unit,
                "command",
                "boss",
                "boss@example.org",
                password_hash=None,
                role=Role.ADMIN,
                language="en",
            )
            scopes = tokens.check_scopes("read write follow push")
            return tokens.mint(
                unit, tokens.command_app(unit), scopes, user_id=user.id, account_id=account.id
            ).text

        return self.circle.run(instance, make)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    launcher = Launcher(tmp_path_factory.mktemp("leaks"))
    try:
        yield Story(launcher)
    finally:
        launcher.close()


@pytest.fixture(scope="module")
def outsiders(story: Story) -> Iterator[dict[str, Outsider]]:
    with outsiders_of(story.circle, "chu", "society") as found:
        yield found


def missing(value: str) -> str:
    """Another id of the same shape."""
    if value.isdigit():
        return str(int(value) + 5)
    return value[:-4] + ("abcd" if not value.endswith("abcd") else "bcde")


Get = Callable[[str], httpx.Response]


def leaks(planted: Planted, who: str, routes: list[Route], get: Get, *, must_hear: bool = True) -> list[str]:
    """Each answer that holds what was planted, or that tells what is there from what is not."""
    wrong, heard = [], 0
    for route in routes:
        for path, value in planted.paths(route):
            answered = get(path)
            heard += answered.status_code == 200
            line = f"{who} at {planted.at.name}: {answered.status_code} {path}"
            held = [word for word in WORDS if word.encode() in answered.content]
            if held or any(picture in answered.content for picture in planted.pictures):
                wrong.append(f"{line} holds {held or 'a picture'}")
            if answered.status_code >= 500 and route.path != "/readyz":
                wrong.append(line)
            if value:
                other = missing(value)
                never = get(path.replace(value, other))
                if shape(answered, value) != shape(never, other):
                    wrong.append(f"{line} is not what is answered for {other}: {never.status_code}")
    assert bool(heard) or not must_hear, f"{who} is somebody, and reads something"
    return wrong


def shape(answered: httpx.Response, value: str) -> tuple[int, str, str]:
    return (
        answered.status_code,
        answered.headers.get("location", "").replace(value, "ID"),
        ONCE.sub("", answered.text.replace(value, "ID").replace(tag_id(value), "ID")),
    )


def of_kind(*kinds: Auth) -> list[Route]:
    return [route for route in GETS if route.auth in kinds]


TOKENS = of_kind(Auth.TOKEN, Auth.MAYBE_TOKEN)
SEARCHES = [f"/api/v2/search?q={word}" for word in (*WORDS, TAG)]


@pytest.mark.parametrize("name", ["society", "chu"])
def test_the_words_are_there_for_members(story: Story, name: str) -> None:
    planted = story.planted[name]
    shown = "".join(
        planted.member.live.client.get(path).text for route in TOKENS for path, _ in planted.paths(route)
    )
    assert [word for word in WORDS if word not in shown] == []
    told = leaks(planted, "a member", TOKENS, planted.member.live.client.get)
    assert any("holds" in line for line in told)
    assert any("is not what is answered" in line for line in told)


@pytest.mark.parametrize("name", ["society", "chu"])
def test_nobody_reads_anything(story: Story, name: str) -> None:
    planted = story.planted[name]
    client = planted.at.client()
    assert leaks(planted, "nobody", GETS, client.get) == []


@pytest.mark.parametrize("name", ["society", "chu"])
def test_a_colleague_who_is_no_member_reads_nothing(story: Story, name: str) -> None:
    planted, otto = story.planted[name], story.colleagues[name]
    assert leaks(planted, "a colleague", TOKENS, otto.live.client.get) == []
    page = planted.at.client(headers={"cookie": story.session(planted.at, "otto")})
    assert leaks(planted, "a colleague", of_kind(*PAGES), page.get) == []
    for search in SEARCHES:
        shown = otto.live.client.get(search).json()
        assert (shown["statuses"], shown["hashtags"]) == ([], []), search


@pytest.mark.parametrize("name", ["society", "chu"])
def test_an_administrator_reads_nothing(story: Story, name: str) -> None:
    planted = story.planted[name]
    client = planted.at.client(story.administrator(planted.at))
    assert leaks(planted, "an administrator", TOKENS, client.get) == []
    page = planted.at.client(headers={"cookie": story.session(planted.at, "boss")})
    assert leaks(planted, "an administrator", of_kind(*PAGES), page.get) == []


@pytest.mark.parametrize("name", ["society", "chu"])
def test_other_instances_read_nothing(story: Story, outsiders: dict[str, Outsider], name: str) -> None:
    planted = story.planted[name]
    wrong = []
    for who, outsider in outsiders.items():
        read = partial(outsider.get, planted.at)
        wrong += leaks(planted, who, of_kind(*PEERS), read, must_hear=outsider.heard)
    assert wrong == []


KEPT = {"activity", "inbox_item", "media", "poll", "post", "post_tag", "post_words", "revision"}
"""Tables that hold what members said. Another one: a draft that waits for its time."""


def elsewhere(instance: LiveInstance) -> dict[str, list[str]]:
    """Of every other table, the words in it: what waits, what is pushed or mailed, decisions, the audit log."""
    held = {}
    for table in metadata.sorted_tables:
        text = repr(rows(instance, f'select * from "{table.name}"'))
        held[table.name] = [word for word in (*WORDS, TAG) if word in text]
    assert held.pop("scheduled_post") == ["numbatdraft"]
    assert held["post"]
    return {name: words for name, words in held.items() if words and name not in KEPT}


def test_nothing_is_in_a_log_or_waits_for_another_instance(
    story: Story, outsiders: dict[str, Outsider]
) -> None:
    inside = {one.origin for one in story.circle.instances.values()}

    def waiting(unit: Unit) -> list[tuple[str, Any]]:
        statement = select(delivery.c.destination, activity.c.body).join(
            activity, activity.c.id == delivery.c.activity_id
        )
        return [(row.destination, row.body) for row in unit.all(statement)]

    carried = 0
    for instance in story.circle.instances.values():
        assert not [word for word in (*WORDS, TAG) if word in instance.log()]
        assert elsewhere(instance) == {}
        for destination, body in story.circle.run(instance, waiting):
            held = [word for word in WORDS if word.encode() in bytes(body)]
            carried += bool(held)
            assert not held or destination in inside, destination
    assert carried  # the search finds what is there
    for outsider in outsiders.values():
        for frame in outsider.peer.seen:
            assert not [word for word in WORDS if word.encode() in frame.body]
