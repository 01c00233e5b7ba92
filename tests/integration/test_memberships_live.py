"""Joining, leaving and being sent away between real processes; what was lost, repeated or late heals by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from server.domain.groups import Membership, MembershipState
from server.domain.trust import Trust
from server.services import groups, verification
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import memberships, rosters
from server.store.session import Unit
from server.store.tables.groups import membership as membership_table
from server.store.tables.work import delivery, event
from tests.support.instances import Launcher, eventually
from tests.support.live_groups import Circle, Doctor
from tests.support.members import add_members, settings_of, trust

pytestmark = pytest.mark.slow
ACTIVE, REQUESTED, LEFT = MembershipState.ACTIVE, MembershipState.REQUESTED, MembershipState.LEFT


class Story:
    """The society has groups; doctors live at the hospital, the clinic and the society, which moderates."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher
        self.circle = Circle(launcher, "chu", "clinic", "society")
        self.society = self.circle["society"]
        self.anna, self.otto = self.circle.doctor("chu", "anna"), self.circle.doctor("chu", "otto")
        self.bert, self.cleo = self.circle.doctor("clinic", "bert"), self.circle.doctor("society", "cleo")

    def group(self, name: str, *options: str) -> str:
        """Made by the command. Answers its handle."""
        self.command("create", name, "--title", name.capitalize(), "--founder", "cleo", *options)
        return f"@{name}@{self.society.origin}"

    def command(self, *arguments: str, status: int = 0) -> str:
        return self.society.command("group", *arguments, status=status)

    def roster(self, name: str) -> dict[str, Any]:
        return {one["handle"]: one for one in json.loads(self.command("members", name, "--json"))}

    def find(self, doctor: Doctor, handle: str) -> str:
        """The group's id in the API of the doctor's instance."""
        found = doctor.get("/api/v2/search", q=handle, resolve="true", type="accounts")["accounts"]
        assert len(found) == 1, found
        return str(found[0]["id"])

    def want(self, doctor: Doctor, handle: str) -> str:
        group_id = self.find(doctor, handle)
        assert doctor.post(f"/api/v1/accounts/{group_id}/follow")["requested"] is True
        return group_id

    def confirm(self, doctor: Doctor, group_id: str) -> None:
        def ask(unit: Unit) -> None:
            group, member = account_rows.find(unit, int(group_id)), account_rows.find(unit, doctor.account.id)
            assert group is not None
            assert member is not None
            found = group_rows.find(unit, group.id)
            assert found is not None
            groups.confirm_join(unit, member, group, found.rules_version)

        self.circle.run(doctor.at, ask)

    def ask(self, doctor: Doctor, handle: str) -> str:
        group_id = self.want(doctor, handle)
        self.confirm(doctor, group_id)
        return group_id

    def membership(self, doctor: Doctor, group_id: str) -> Membership | None:
        return self.circle.run(doctor.at, memberships.find, int(group_id), doctor.account.id)

    def state(self, doctor: Doctor, group_id: str) -> MembershipState | None:
        found = self.membership(doctor, group_id)
        return found.state if found is not None else None

    def becomes(self, doctor: Doctor, group_id: str, state: MembershipState) -> None:
        eventually(lambda: self.state(doctor, group_id) is state)

    def member(self, doctor: Doctor, handle: str) -> str:
        """Asks, and is admitted."""
        group_id = self.ask(doctor, handle)
        self.becomes(doctor, group_id, ACTIVE)
        return group_id

    def there(self, name: str, doctor: Doctor) -> Membership | None:
        """As the group's instance has it."""

        def find(unit: Unit) -> Membership | None:
            group = account_rows.find_by_name(unit, name)
            member = account_rows.find_by_uri(unit, doctor.account.uri)
            return None if group is None or member is None else memberships.find(unit, group.id, member.id)

        return self.circle.run(self.society, find)

    def messages(self, doctor: Doctor) -> str:
        return json.dumps(doctor.get("/api/v1/conversations"))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    launcher = Launcher(tmp_path_factory.mktemp("memberships"))
    try:
        yield Story(launcher)
    finally:
        launcher.close()


def test_joining_across_three_instances(story: Story) -> None:
    handle = story.group("cardio", "--admission", "automatic")
    anna_at = story.want(story.anna, handle)
    eventually(lambda: f"/groups/{anna_at}/join" in story.messages(story.anna))
    assert story.there("cardio", story.anna) is None, "nobody hears of a request that was not confirmed"
    story.confirm(story.anna, anna_at)
    story.becomes(story.anna, anna_at, ACTIVE)
    bert_at = _asks_while_members_are_away(story, handle)
    story.becomes(story.bert, bert_at, ACTIVE)
    assert f"{story.bert.at.origin} is about to have a first member in Cardio" in story.messages(story.anna)
    assert story.anna.get("/api/v1/accounts/relationships", id=anna_at)[0]["following"] is True
    listed = story.roster("cardio")
    assert {one["state"] for one in listed.values()} == {"active"}
    assert {one.lstrip("@") for one in listed} == {
        "cleo" if "cleo" in listed or "@cleo" in listed else f"cleo@{story.society.origin}",
        story.anna.handle[1:],
        story.bert.handle[1:],
    }
    eventually(lambda: _hosts(story, story.anna, anna_at) == {one.origin for one in _all(story)})
    said = story.anna.say(f"{handle} An ECG with ST elevation")
    eventually(lambda: story.bert.sees(said["uri"]))
    eventually(lambda: story.cleo.sees(said["uri"]))


def _asks_while_members_are_away(story: Story, handle: str) -> str:
    """The first of the clinic is not let in before the hospital, which was killed, has told its members."""
    story.circle["chu"].kill()
    bert_at = story.ask(story.bert, handle)
    eventually(lambda: "You were admitted to Cardio" in story.messages(story.bert))
    assert story.state(story.bert, bert_at) is REQUESTED
    said = story.cleo.say(f"{handle} Only for members so far")
    waits, _ = json.loads(story.command("newcomers", "cardio", "--json"))
    assert waits["silent"] == [story.anna.at.origin]
    assert story.bert.sees(said["uri"]) is None
    story.circle["chu"].start()
    return bert_at


def _all(story: Story) -> list[Any]:
    return [settings_of(story.circle[name]) for name in ("chu", "clinic", "society")]


def _hosts(story: Story, doctor: Doctor, group_id: str) -> set[str]:
    found = story.circle.run(doctor.at, group_rows.find, int(group_id))
    return {one.origin for one in found.hosts} if found is not None else set()


def test_moderators_decide_and_say_why(story: Story) -> None:
    handle = story.group("pneumo")
    anna_at, bert_at = story.ask(story.anna, handle), story.ask(story.bert, handle)
    eventually(lambda: story.there("pneumo", story.anna))
    eventually(lambda: story.there("pneumo", story.bert))
    assert story.state(story.anna, anna_at) is REQUESTED
    _moderator_is_told(story, handle)
    story.command("reject", "pneumo", story.anna.handle, "--reason", "declined")
    story.command("accept", "pneumo", story.bert.handle)
    story.becomes(story.anna, anna_at, MembershipState.REJECTED)
    story.becomes(story.bert, bert_at, ACTIVE)
    found = story.membership(story.anna, anna_at)
    assert found is not None
    assert found.reason == "declined"
    eventually(lambda: "moderators have declined" in story.messages(story.anna))
    relationship = story.anna.get("/api/v1/accounts/relationships", id=anna_at)[0]
    assert (relationship["following"], relationship["requested"]) == (False, False)


def _moderator_is_told(story: Story, handle: str) -> None:
    """In the app by a message with the way to the page; a moderator is not the group, so requests to follow hold nothing."""
    cleo, group_id = story.cleo, story.find(story.cleo, handle)
    eventually(lambda: f"/groups/{group_id}/requests" in story.messages(cleo))
    said = story.messages(cleo)
    assert "Somebody asks to join Pneumo" in said
    assert story.anna.handle[1:] not in said
    assert "Physician" not in said
    asking = story.there("pneumo", story.anna)
    assert asking is not None
    assert cleo.get("/api/v1/follow_requests") == []
    for act in ("authorize", "reject"):
        cleo.post(f"/api/v1/follow_requests/{asking.account_id}/{act}", 404)
    assert story.there("pneumo", story.anna) == asking


def test_conditions_are_the_groups(story: Story) -> None:
    handle = story.group("nurses", "--admission", "automatic", "--profession", "nurse")
    group_id = story.want(story.anna, handle)
    with pytest.raises(Exception, match="does not admit your profession"):
        story.confirm(story.anna, group_id)

    def forget(unit: Unit) -> None:
        group_rows.change(unit, int(group_id), {"professions": []})

    story.circle.run(story.anna.at, forget)  # an instance that does not look
    story.confirm(story.anna, group_id)
    story.becomes(story.anna, group_id, MembershipState.REJECTED)
    found = story.membership(story.anna, group_id)
    assert found is not None
    assert found.reason == "profession"


def test_leaving_is_heard(story: Story) -> None:
    handle = story.group("derma", "--admission", "automatic")
    group_id = story.member(story.anna, handle)
    assert story.anna.post(f"/api/v1/accounts/{group_id}/unfollow")["following"] is False
    assert story.state(story.anna, group_id) is LEFT
    eventually(lambda: _is(story.there("derma", story.anna), LEFT))
    assert story.member(story.anna, handle) == group_id, "whoever left may ask again"


def test_who_leaves_the_institution_leaves_groups_elsewhere(story: Story) -> None:
    handle = story.group("nephro", "--admission", "automatic")
    ida = story.circle.doctor("chu", "ida")
    group_id = story.member(ida, handle)
    eventually(lambda: _is(story.there("nephro", ida), ACTIVE))
    story.circle["chu"].command("account", "leave", "ida")
    assert story.state(ida, group_id) is LEFT
    eventually(lambda: _is(story.there("nephro", ida), LEFT))
    eventually(lambda: ida.live.client.get("/api/v1/timelines/home").status_code == 401)


def _is(found: Membership | None, state: MembershipState) -> bool:
    return found is not None and found.state is state


def test_removed_banned_and_let_ask_again(story: Story) -> None:
    handle = story.group("neuro", "--admission", "automatic")
    anna_at, bert_at = story.member(story.anna, handle), story.member(story.bert, handle)
    story.command("remove", "neuro", story.anna.handle)
    story.command("remove", "neuro", story.bert.handle, "--ban")
    story.becomes(story.anna, anna_at, MembershipState.REMOVED)
    story.becomes(story.bert, bert_at, MembershipState.BANNED)
    eventually(lambda: "excluded you" in story.messages(story.bert))
    answer = story.bert.live.client.post(f"/api/v1/accounts/{bert_at}/follow")
    assert answer.status_code in {403, 422}
    story.ask(story.anna, handle)
    eventually(lambda: _is(story.there("neuro", story.anna), REQUESTED))
    story.command("accept", "neuro", story.anna.handle)
    story.becomes(story.anna, anna_at, ACTIVE)


def test_another_role_is_told(story: Story) -> None:
    handle = story.group("ortho", "--admission", "automatic")
    group_id = story.member(story.anna, handle)
    story.command("moderator", "add", "ortho", story.anna.handle)
    eventually(lambda: _role(story.membership(story.anna, group_id)) == "moderator")
    story.command("moderator", "remove", "ortho", story.anna.handle)
    eventually(lambda: _role(story.membership(story.anna, group_id)) == "member")


def _role(found: Membership | None) -> str:
    return found.role.value if found is not None else ""


def test_an_invitation_reaches_who_never_heard_of_a_secret_group(story: Story) -> None:
    handle = story.group("hidden", "--access", "secret")
    assert story.bert.get("/api/v2/search", q=handle, resolve="true", type="accounts")["accounts"] == []
    story.command("invite", "hidden", story.bert.handle)
    eventually(lambda: "invited" in story.messages(story.bert))

    def group_there(unit: Unit) -> str:
        found = account_rows.find_by_name(unit, "hidden", settings_of(story.society).origin)
        return str(found.id) if found is not None else ""

    group_id = eventually(lambda: story.circle.run(story.bert.at, group_there))
    story.becomes(story.bert, group_id, MembershipState.INVITED)
    story.confirm(story.bert, group_id)
    eventually(
        lambda: (
            _is(story.there("hidden", story.bert), REQUESTED)
            or _is(story.there("hidden", story.bert), ACTIVE)
        )
    )
    story.becomes(story.bert, group_id, ACTIVE)
    assert story.anna.get("/api/v2/search", q=handle, resolve="true", type="accounts")["accounts"] == []


# -- what heals ------------------------------------------------------------------------------------------


def _lose(story: Story, act: Callable[[], object]) -> None:
    """Whatever the society says next is lost on its way."""
    story.society.stop()
    act_unit = act
    act_unit()

    def lose(unit: Unit) -> None:
        unit.run(delete(event))
        unit.run(delete(delivery).where(delivery.c.state == "waiting"))

    story.circle.run(story.society, lose)
    story.society.start()


def _compare(story: Story, doctor: Doctor) -> None:
    """As the hourly look does."""
    story.circle.run(doctor.at, groups.compare_all)


def test_a_lost_removal_is_found_by_comparing_rosters(story: Story) -> None:
    handle = story.group("lost", "--admission", "automatic")
    group_id = story.member(story.anna, handle)
    _lose(story, lambda: story.command("remove", "lost", story.anna.handle))
    assert story.state(story.anna, group_id) is ACTIVE
    _compare(story, story.anna)
    story.becomes(story.anna, group_id, MembershipState.REMOVED)


def test_a_lost_leave_is_said_again(story: Story) -> None:
    handle = story.group("left", "--admission", "automatic")
    group_id = story.member(story.anna, handle)
    assert story.member(story.otto, handle) == group_id
    hospital = story.circle["chu"]
    story.anna.post(f"/api/v1/accounts/{group_id}/unfollow")

    def back(unit: Unit) -> None:
        """The group's instance has never heard it."""
        group = account_rows.find_by_name(unit, "left")
        member = account_rows.find_by_uri(unit, story.anna.account.uri)
        assert group is not None
        assert member is not None
        unit.run(
            update(membership_table)
            .where(membership_table.c.group_id == group.id, membership_table.c.account_id == member.id)
            .values(state="active", left_at=None)
        )
        rosters.moved(unit, group.id, settings_of(hospital).origin, 0, member.uri)

    eventually(lambda: _is(story.there("left", story.anna), LEFT))
    story.circle.run(story.society, back)
    _compare(story, story.anna)
    eventually(lambda: _is(story.there("left", story.anna), LEFT))
    assert story.state(story.anna, group_id) is LEFT


def test_a_lost_answer_is_given_again(story: Story) -> None:
    handle = story.group("again", "--admission", "automatic")
    group_id = story.want(story.anna, handle)
    story.confirm(story.anna, group_id)
    story.becomes(story.anna, group_id, ACTIVE)

    def forget(unit: Unit) -> None:
        """The answer never came, and an hour has passed."""
        unit.run(
            update(membership_table)
            .where(
                membership_table.c.group_id == int(group_id),
                membership_table.c.account_id == story.anna.account.id,
            )
            .values(state="requested", stamp=0, ask_again_at=unit.now - timedelta(seconds=1))
        )

    def long_ago(unit: Unit) -> None:
        unit.run(update(membership_table).values(answered_at=unit.now - timedelta(hours=1)))

    story.circle.run(story.society, long_ago)
    story.circle.run(story.anna.at, forget)
    story.circle.run(story.anna.at, groups.ask_again)
    story.becomes(story.anna, group_id, ACTIVE)


def test_what_is_no_longer_attested_ends_access_at_both_ends(story: Story) -> None:
    handle = story.group("attested", "--admission", "automatic")
    group_id = story.member(story.otto, handle)

    def revoke(unit: Unit) -> None:
        held = verification.current(unit, story.otto.account)
        assert held is not None
        verification.revoke(unit, "test", held.id, "licence withdrawn")

    story.circle.run(story.otto.at, revoke)
    story.becomes(story.otto, group_id, MembershipState.SUSPENDED)

    # by a hint; without it within the hour
    eventually(lambda: _is(story.there("attested", story.otto), MembershipState.SUSPENDED))
    assert story.otto.at.client().get("/status/1").status_code == 401, "for instances that sign"
    assert story.otto.get("/api/v1/accounts/relationships", id=group_id)[0]["following"] is False


# -- who is no partner -----------------------------------------------------------------------------------


def test_whoever_is_no_partner_is_refused_and_told_nothing(story: Story) -> None:
    handle = story.group("closed", "--admission", "automatic")
    secret = story.group("closet", "--access", "secret")
    stranger = story.launcher.launch("stranger")
    trust(stranger, Trust.ALLOWED, story.society.origin)
    trust(story.society, Trust.ALLOWED, stranger.origin)
    zoe = add_members(stranger, "zoe")[0]
    found = zoe.client.get("/api/v2/search", params={"q": handle, "resolve": "true"}).json()["accounts"]
    assert [one["note"] for one in found] == [""], "a stub, with the name alone"
    group_id = found[0]["id"]
    asked = zoe.client.post(f"/api/v1/accounts/{group_id}/follow").json()
    assert asked["following"] is False

    def refused() -> bool:
        now = zoe.client.get("/api/v1/accounts/relationships", params={"id": group_id}).json()[0]
        return now["requested"] is False and now["following"] is False

    eventually(refused)
    assert zoe.client.get("/api/v2/search", params={"q": secret, "resolve": "true"}).json()["accounts"] == []
