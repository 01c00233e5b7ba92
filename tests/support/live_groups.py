"""Members-only groups on live instances, made as rows in this process: partners, doctors, a group, and who is in it.

    circle = Circle(launcher, "chu", "clinic", "society")
    group = circle.group("society", "cardio")
    anna = circle.doctor("chu", "anna")
    circle.join(group, anna)
    anna.say(f"{group.handle} An ECG")

The processes serve meanwhile; what they do with the rows, on the wire, is what the tests are about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from federation.keys import PublicKey
from federation.vocab import codec
from federation.vocab.actors import Actor
from server.activitypub.render import actors as render_actors
from server.domain.accounts import Account, AccountKind
from server.domain.groups import Host
from server.domain.verification import Method
from server.services import accounts, remote_accounts, streams, verification
from server.services.founding import open_database
from server.services.verification import Claim, Decision
from server.store import accounts as account_rows
from server.store import groups, memberships
from server.store.session import Unit
from tests.support.exchange import attest, received
from tests.support.instances import Launcher, LiveAccount, LiveInstance
from tests.support.members import add_members, settings_of
from tests.support.partners import as_partner

T = TypeVar("T")


@dataclass(frozen=True)
class LiveGroup:
    at: LiveInstance
    account: Account

    @property
    def handle(self) -> str:
        return f"@{self.account.username}@{self.at.origin}"


@dataclass(frozen=True)
class Doctor:
    """A member whose profession was checked, as tests use them."""

    live: LiveAccount
    at: LiveInstance
    account: Account

    @property
    def handle(self) -> str:
        return f"@{self.account.username}@{self.at.origin}"

    def get(self, path: str, **params: Any) -> Any:
        answer = self.live.client.get(path, params=params)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def post(self, path: str, expected: int = 200, **fields: Any) -> Any:
        answer = self.live.client.post(path, json=fields)
        assert answer.status_code == expected, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def say(self, text: str, visibility: str = "public", **fields: Any) -> Any:
        return self.post("/api/v1/statuses", status=text, visibility=visibility, **fields)

    def home(self) -> list[Any]:
        found: list[Any] = self.get("/api/v1/timelines/home", limit=40)
        return found

    def sees(self, uri: str) -> Any:
        """The status in the home timeline, itself or as the group shows it; None where it is not there."""
        shown = [one["reblog"] or one for one in self.home()]
        return next((one for one in shown if one["uri"] == uri), None)


class Circle:
    """Live instances that are partners of each other."""

    def __init__(self, launcher: Launcher, *names: str, partners: bool = True, **settings: Any) -> None:
        self.instances = {name: launcher.launch(name, **settings) for name in names}
        self._keys = {
            one.origin: PublicKey.from_der(self.run(one, _instance_key)) for one in self.instances.values()
        }
        if partners:
            for one in self.instances.values():
                for other in self.instances.values():
                    if one is not other:
                        self.pair(one, other)

    def __getitem__(self, name: str) -> LiveInstance:
        return self.instances[name]

    def run(self, instance: LiveInstance, fn: Callable[..., T], *args: Any) -> T:
        """A unit on the database of an instance, beside its own processes."""
        database = open_database(settings_of(instance))
        try:
            return database.run_write(fn, *args)
        finally:
            database.close()

    def pair(self, one: LiveInstance, other: LiveInstance) -> None:
        """One trusts the other as a partner; the other way is another call."""
        self.run(one, as_partner, settings_of(other).origin, self._keys[other.origin])

    def doctor(self, name: str, who: str) -> Doctor:
        instance = self[name]
        live = add_members(instance, who)[0]

        return Doctor(live, instance, self.run(instance, checked, who))

    def group(self, name: str, called: str, **columns: Any) -> LiveGroup:
        def make(unit: Unit) -> Account:
            account = accounts.create_actor(unit, called, AccountKind.GROUP, called.capitalize())
            account_rows.change(unit, account.id, {"locked": True})
            groups.add(unit, {"account_id": account.id, "access": "closed", **columns})
            return accounts.get(unit, account.id)

        return LiveGroup(self[name], self.run(self[name], make))

    def join(self, group: LiveGroup, doctor: Doctor, **columns: Any) -> None:
        """Makes a member, on both sides."""
        origin = settings_of(group.at).origin
        if doctor.at is group.at:
            self.run(group.at, attest, doctor.account, group.account, [origin], columns)
        else:
            there = self._known(group, doctor.at)
            far = self.run(group.at, remote_accounts.receive, self._document(doctor.at, doctor.account))
            attested = self.run(doctor.at, attest, doctor.account, there, [origin], columns)
            member_key = PublicKey.from_der(self.run(doctor.at, _key_of, doctor.account.id))
            issuer = self._keys[doctor.at.origin]
            self.run(group.at, received, attested.document, far, group.account, issuer, member_key, columns)
        hosts = tuple(
            Host(one, self._keys[one].to_multibase(), since)
            for one, _, since in self.run(group.at, memberships.hosts, group.account.id)
            if since is not None
        )
        for instance in self.instances.values():
            if instance is not group.at:
                self.run(instance, _take_hosts, group.account.uri, hosts)
        if doctor.at is not group.at:
            self.run(doctor.at, streams.behind, self._known(group, doctor.at).id)

    def _document(self, instance: LiveInstance, account: Account) -> Actor:
        def read(unit: Unit) -> Actor:
            found = account_rows.find(unit, account.id)
            assert found is not None
            keys = account_rows.keys(unit, account.id)
            return render_actors.actor(found, keys, unit.context.settings)

        shown = codec.decode(codec.encode(self.run(instance, read)))
        assert isinstance(shown, Actor)
        return shown

    def _known(self, group: LiveGroup, instance: LiveInstance) -> Account:
        """The group as another instance knows it."""
        known = self.run(instance, account_rows.find_by_uri, group.account.uri)
        if known is None:
            known = self.run(instance, remote_accounts.receive, self._document(group.at, group.account))
        record = self.run(group.at, groups.find, group.account.id)
        assert record is not None
        values = {
            "account_id": known.id,
            "access": record.access.value,
            "class_floor": record.class_floor.word,
            "key": PublicKey.from_der(self.run(group.at, _key_of, group.account.id)).to_multibase(),
        }
        self.run(instance, groups.add, values)
        return known


def checked(unit: Unit, who: str) -> Account:
    """The member's profession was looked at."""
    account = account_rows.find_by_name(unit, who)
    assert account is not None
    decision = Decision(2, Method.ADMINISTRATOR, "substantial")
    verification.record(unit, "test", account, Claim("physician", (), "FR"), decision)
    return account


def _instance_key(unit: Unit) -> bytes:
    return _key_of(unit, accounts.ensure_instance_actor(unit).id)


def _key_of(unit: Unit, account_id: int) -> bytes:
    return next(one.public for one in account_rows.keys(unit, account_id) if one.algorithm == "ed25519")


def _take_hosts(unit: Unit, uri: str, hosts: tuple[Host, ...]) -> None:
    known = account_rows.find_by_uri(unit, uri)
    if known is not None:
        groups.change(unit, known.id, {"hosts": groups.hosts_value(hosts)})
