"""A house in which every page of a member and of the staff has something to show, and a path for each of these pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pyotp

from federation.types import Origin
from server.activitypub.ingress import federation_list
from server.domain.accounts import Account
from server.domain.groups import MembershipRole
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.users import Role
from server.domain.verification import Method
from server.services import (
    accounts,
    apps,
    federation_lists,
    groups,
    incidents,
    instances,
    interactions,
    openings,
    relationships,
    reports,
    second_factors,
    tokens,
    verification,
)
from server.services.groups import Settings
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.verification import Claim, Decision
from server.store.session import Unit
from server.web.admin.routes import ROUTES as ADMIN
from server.web.site.routes import ROUTES as SITE
from tests.support.federation_lists import URL, Publisher
from tests.support.staff_pages import held

NO_PAGES = {
    "/static/{name}",
    "/settings/files/{name}",
    "/settings/email/{token}",
    "/ledger/{id}/receipts",
    "/admin/partners/card",
    "/admin/audit/file",
    "/admin/decisions/file",
    "/admin/policies/export",
    "/admin/incidents/{id}/record",
    "/admin/verifications/{id}/document",
    "/manifest.webmanifest",
    "/service-worker.js",
    "/offline",
}
"""Files; a link out of a letter, whose page is the error page where nobody asked for one; and what is the same without a session."""
OF_AUDITORS = ("/admin/access",)


@dataclass(frozen=True)
class World:
    """alice, who administers, moderates a group in which bob has written; carl asks to be let in, dora to be verified."""

    group: int
    said: int
    post: int
    bob: int
    asked: int
    mine: int
    held: int
    incident: int
    app: int
    opening: tuple[int, int]
    followed: str


def world(unit: Unit) -> World:
    accounts.ensure_instance_actor(unit)
    for name in ("carl", "dora"):
        accounts.create_user(
            unit, "command", name, f"{name}@house.example", password_hash=None, role=Role.MEMBER
        )
    alice, bob, carl, dora = (accounts.get_local(unit, name) for name in ("alice", "bob", "carl", "dora"))
    for one in (alice, bob, carl):
        decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 7", 300)
        verification.record(unit, "command", one, Claim("physician", ("cardiology",), "FR"), decision)
    settings = Settings(title="Cardiology", rules="No names.", listed=True)
    group = groups.create(unit, "command", "cardio", settings, alice)
    groups.add(unit, "command", group, bob)
    groups.set_role(unit, "command", group, alice, MembershipRole.MODERATOR)
    said = publish(unit, bob, Draft(text="@cardio An ECG", summary="ECG"))
    groups.confirm_join(unit, carl, group, 1)
    asked = verification.request(unit, dora, Claim("nurse", (), "FR"))
    instances.set_trust(unit, "command", Origin("peer.example"), Trust.ALLOWED)
    instances.knock(unit, Origin("stranger.example"))
    reports.make(unit, bob, carl, comment="Sells things")
    mine = publish(unit, alice, Draft(text="@cardio And mine"))
    hidden = publish(unit, bob, Draft(text="@cardio Mrs Example"))
    assert incidents.report(unit, alice, hidden)
    [raised] = incidents.open_anywhere(unit, 1)
    return World(
        group.id,
        said.id,
        _posts(unit, alice, bob),
        bob.id,
        asked.id,
        mine.id,
        held(unit),
        raised.id,
        _app(unit, bob),
        _emergency(unit, bob),
        _followed(unit),
    )


def _followed(unit: Unit) -> str:
    """A list that runs out, of which one suggestion was declined and two wait."""
    publisher = Publisher()
    first = publisher.version(1, ["x.example"], at=unit.now - timedelta(days=25))
    second = publisher.version(
        2, ["x.example", "y.example", "z.example"], after=first, by=[0, 1], at=unit.now - timedelta(days=24)
    )
    given = federation_list.judge(first, unit.now)
    federation_lists.follow(unit, "command", given, publisher.fingerprints())
    federation_lists.decline(unit, "command", URL, federation_lists.compare(unit, URL))
    federation_lists.fetched(unit, URL, federation_list.judge(second, unit.now, given.signers))
    return federation_lists.get(unit, URL).key


def _emergency(unit: Unit, writer: Account) -> tuple[int, int]:
    """alice has opened a group in which bob wrote, and somebody else of the staff that which alice moderates."""
    accounts.create_user(unit, "command", "otto", "otto@house.example", password_hash=None, role=Role.AUDITOR)
    staff, _ = accounts.create_user(
        unit, "command", "max", "max@house.example", password_hash=None, role=Role.MODERATOR
    )
    alice = accounts.owner(unit, accounts.get_local(unit, "alice"))
    assert alice is not None
    groups.create(unit, "command", "neuro", Settings(title="Neurology"), writer)
    said = publish(unit, writer, Draft(text="@neuro An EEG", summary="EEG"))
    for user in (alice, staff):
        secret = second_factors.start_totp(unit, user.id, "x").secret
        second_factors.confirm_totp(unit, user.id, pyotp.TOTP(secret).at(unit.now), "phone")
    openings.open_group(unit, staff.id, "cardio", "The patient is in the emergency room", 1)
    return openings.open_group(unit, alice.id, "neuro", "The patient is in the emergency room", 1).id, said.id


def _app(unit: Unit, account: Account) -> int:
    """Blocked, so that its page and that of its owner's apps say so."""
    app, _ = apps.register(unit, "Ice", "https://app.example/", ["app://back"], "read")
    for each in (account, accounts.get_local(unit, "alice")):
        user = accounts.owner(unit, each)
        assert user is not None
        tokens.mint(unit, app, ("read",), user_id=user.id, account_id=each.id)
    apps.block(unit, "command", app.id)
    return app.id


def _posts(unit: Unit, alice: Account, bob: Account) -> int:
    relationships.follow(unit, alice, bob)
    relationships.follow(unit, bob, alice)
    post = publish(unit, bob, Draft(text="A question #ecg @alice", visibility=Visibility.PUBLIC))
    publish(unit, alice, Draft(text="An answer", in_reply_to_id=post.id, visibility=Visibility.PUBLIC))
    interactions.boost(unit, bob, post.id)
    interactions.favourite(unit, bob, publish(unit, alice, Draft(text="Mine")).id)
    return post.id


def filled(made: World) -> dict[str, str]:
    """A path for each page of which there are many."""
    return {
        "/tags/{tag}": "/tags/ecg",
        "/posts/{id}": f"/posts/{made.post}",
        "/posts/{id}/edit": f"/posts/{made.mine}/edit",
        "/posts/{id}/delete": f"/posts/{made.mine}/delete",
        "/people/{id}": f"/people/{made.bob}",
        "/groups/{id}": f"/groups/{made.group}",
        "/groups/{id}/posts/{post}": f"/groups/{made.group}/posts/{made.said}",
        "/groups/{id}/join": f"/groups/{made.group}/join",
        "/groups/{id}/requests": f"/groups/{made.group}/requests",
        "/groups/{id}/members": f"/groups/{made.group}/members",
        "/groups/{id}/incidents": f"/groups/{made.group}/incidents",
        "/ledger/{id}": f"/ledger/{made.mine}",
        "/admin/partners/{domain}": "/admin/partners/peer.example",
        "/admin/knocks/{domain}": "/admin/knocks/stranger.example",
        "/admin/review/{id}": f"/admin/review/{made.held}",
        "/admin/incidents/{id}": f"/admin/incidents/{made.incident}",
        "/admin/openings/{id}": f"/admin/openings/{made.opening[0]}",
        "/admin/openings/{id}/posts/{post}": "/admin/openings/{}/posts/{}".format(*made.opening),
        "/groups/{id}/openings": f"/groups/{made.group}/openings",
        "/admin/groups/{id}": f"/admin/groups/{made.group}",
        "/admin/lists/{key}": f"/admin/lists/{made.followed}",
        "/admin/apps/{id}": f"/admin/apps/{made.app}",
        "/admin/members/{id}": f"/admin/members/{made.bob}",
        "/admin/verifications/{id}": f"/admin/verifications/{made.asked}",
        "/@{name}": "/@bob",
        "/@{name}/{id}": f"/@bob/{made.post}",
    }


def pages(made: World) -> Iterator[str]:
    """A path for each page that a route of ours gives."""
    known = filled(made)
    for route in (*SITE, *ADMIN):
        if route.method == "GET" and route.path not in {*NO_PAGES, *OF_AUDITORS}:
            yield known[route.path] if "{" in route.path else route.path
    yield from ("/search?q=question", f"/write?answers={made.post}", "/posts/1")
