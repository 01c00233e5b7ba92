"""Several instances in one process, for tests of what members-only groups exchange: real databases, real keys and proofs.

    with open_exchange(tmp_path, "chu", "clinic", "society") as net:      # partners of each other
        group = net["society"].group("cardio")
        anna = net["chu"].doctor("anna")
        net.join(net["chu"], anna, net["society"], group)                  # active on both sides
        net["chu"].say(anna, "@cardio@society.example Bonjour")
        net.settle()                                                       # events planned, deliveries made, items applied

What one instance plans is leased, asked of the policy and handed to the other as its inbox would take it after the HTTP signature;
`net.carried` holds every delivery, so that a test can look at each byte that left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from federation.inbound import deletion_id
from federation.iri import origin_of
from federation.keys import PublicKey
from federation.types import Iri, JsonObject, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from server.activitypub.egress import plan as planning
from server.activitypub.egress import release, stream
from server.activitypub.handlers.arrived import Absent, Kind, Wanted
from server.activitypub.ingress import gate, pull
from server.activitypub.ingress.gate import Content
from server.activitypub.render import actors as render_actors
from server.core.errors import NotFound
from server.core.i18n import Catalogue
from server.core.ids import Ids
from server.domain.accounts import Account, AccountKind
from server.domain.groups import Host
from server.domain.posts import Post
from server.domain.users import Role
from server.domain.verification import Method
from server.domain.viewers import Peer
from server.domain.work import PROFILE_SCHEME, Delivery, EventKind, InboxItem, ItemState
from server.jobs.federate import trust_changed
from server.services import accounts, addresses, messages, remote_accounts, streams, verification, waiting
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.verification import Claim, Decision
from server.store import accounts as account_rows
from server.store import groups, memberships, relationships, work
from server.store.session import Unit
from tests.support.house import SQLITE, House, open_house
from tests.support.partners import as_partner

CATALOGUE = Catalogue(default="en", zone="UTC")


@dataclass
class Instance:
    """One of them. outcomes: what became of each activity that came, by type."""

    name: str
    house: House
    outcomes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def origin(self) -> Origin:
        return self.house.database.context.settings.origin

    def doctor(self, name: str) -> Account:
        """A member whose profession was checked."""

        def make(unit: Unit) -> Account:
            mail = f"{name}@x.example"
            _, account = accounts.create_user(unit, "test", name, mail, password_hash=None, role=Role.MEMBER)
            decision = Decision(2, Method.ADMINISTRATOR, "substantial")
            verification.record(unit, "test", account, Claim("physician", (), "FR"), decision)
            return account

        return self.house.run(make)

    def group(self, name: str = "cardio", **columns: Any) -> Account:
        def make(unit: Unit) -> Account:
            account = accounts.create_actor(unit, name, AccountKind.GROUP, name.capitalize())
            account_rows.change(unit, account.id, {"locked": True})
            groups.add(unit, {"account_id": account.id, "access": "closed", **columns})
            return accounts.get(unit, account.id)

        return self.house.run(make)

    def key(self) -> PublicKey:
        """Of the instance."""
        return self.house.run(self._key, None)

    def key_of(self, account: Account) -> PublicKey:
        return self.house.run(self._key, account.id)

    @staticmethod
    def _key(unit: Unit, account_id: int | None) -> PublicKey:
        owner = accounts.ensure_instance_actor(unit).id if account_id is None else account_id
        key = next(one for one in account_rows.keys(unit, owner) if one.algorithm == "ed25519")
        return PublicKey.from_der(key.public)

    def document(self, account: Account) -> Actor:
        """What another instance reads of an account here."""

        def read(unit: Unit) -> Actor:
            found = account_rows.find(unit, account.id)
            assert found is not None
            keys = account_rows.keys(unit, account.id)
            return render_actors.actor(found, keys, unit.context.settings)

        shown = codec.decode(codec.encode(self.house.read(read)))
        assert isinstance(shown, Actor)
        return shown

    def knows(self, other: Instance, account: Account) -> Account:
        """The account of another instance, as it is known here."""
        return self.house.run(remote_accounts.receive, other.document(account))

    def say(self, author: Account, text: str, **draft: Any) -> Post:
        return self.house.run(publish, author, Draft(text=text, **draft))

    def find(self, uri: str) -> Post | None:
        from_rows = planning.visible.find_by_uri
        return self.house.read(from_rows, uri)


@dataclass
class Exchange:
    """instances: by name. carried: everything that was handed over, with where from and where to.

    watch: called at the moment at which bytes would leave. withheld: what an origin has and does not show.
    served: what is had from instances of other software, which are no houses; what is said to them is carried, and goes no further.
    """

    instances: dict[str, Instance]
    carried: list[tuple[Origin, Delivery]] = field(default_factory=list)
    away: set[Origin] = field(default_factory=set)
    watch: Callable[[Origin, Delivery], None] | None = None
    withheld: set[Iri] = field(default_factory=set)
    served: dict[Iri, JsonObject] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Instance:
        return self.instances[name]

    # -- membership ----------------------------------------------------------------------------------

    def join(
        self, home: Instance, member: Account, at: Instance, group: Account, **columns: Any
    ) -> tuple[Account, Account]:
        """Makes a member, on both sides. Answers the group as known at home, the member as known at the group's."""
        if home is at:
            home.house.run(attest, member, group, [at.origin], columns)
            self._tell_hosts(at, group)
            return group, member
        there = home.house.read(account_rows.find_by_uri, group.uri) or self.tell_of(home, at, group)
        far = at.knows(home, member)
        attested = home.house.run(attest, member, there, [at.origin], columns)
        at.house.run(received, attested.document, far, group, home.key(), home.key_of(member), columns)
        self._tell_hosts(at, group)
        return there, far

    def _tell_hosts(self, at: Instance, group: Account) -> None:
        """The group's document states who has members."""
        for one in self.instances.values():
            known = one.house.read(account_rows.find_by_uri, group.uri)
            if known is not None and not known.local:
                one.house.run(_hosts, known, self._hosts_of(at, group))

    def tell_of(self, home: Instance, at: Instance, group: Account) -> Account:
        """What an instance knows of a group once it has its document."""
        known = home.knows(at, group)
        record = at.house.read(groups.find, group.id)
        assert record is not None
        values = {
            "account_id": known.id,
            "access": record.access.value,
            "class_floor": record.class_floor.word,
            "key": at.key_of(group).to_multibase(),
        }
        home.house.run(lambda unit: groups.add(unit, values))
        return known

    def _hosts_of(self, at: Instance, group: Account) -> tuple[Host, ...]:
        found = at.house.read(memberships.hosts, group.id)
        keys = {one.origin: one.key().to_multibase() for one in self.instances.values()}
        return tuple(Host(origin, keys[origin], at.house.clock.now()) for origin, _, _ in found)

    # -- what travels --------------------------------------------------------------------------------

    def settle(self, rounds: int = 20) -> None:
        """Until nothing is left to do."""
        for _ in range(rounds):
            if not sum(self._plan(one) + self._deliver(one) for one in self.instances.values()):
                return
        raise AssertionError("it does not come to rest")

    def _plan(self, one: Instance) -> int:
        events = one.house.read(waiting.due_events, 100)
        for event in events:

            def plan(unit: Unit, event: Any = event) -> None:
                if waiting.settle_event(unit, event, "planned"):
                    if event.kind is EventKind.MESSAGE_DUE:
                        messages.write(unit, event.payload, {"": CATALOGUE.translator()})
                    if event.kind is EventKind.TRUST_CHANGED:
                        trust_changed(unit, Origin(str(event.payload["domain"])))
                    planning.plan(unit, event)

            one.house.run(plan)
        return len(events)

    def _deliver(self, one: Instance) -> int:
        loads = one.house.run(waiting.lease, 200, frozenset(self.away), 0)
        done = 0
        for load in loads:
            if load.destination in self.away:
                continue
            for delivery in load.deliveries:
                self.carried.append((one.origin, delivery))
                if self.watch is not None:
                    self.watch(one.origin, delivery)
                target = self._at(load.destination)
                if target is not None:
                    self.hand_over(one, target, delivery)
                done += 1
            one.house.run(waiting.finished, load, list(load.deliveries), [], 0)
        return done

    def pull(self, reader: Instance, group: Account, at: Instance) -> int:
        """What the job that reads streams does, until nothing is behind. Answers how many pages."""
        for pages in range(1, 50):
            due = [one for one in reader.house.read(streams.due) if one.group.id == group.id]
            if not due:
                return pages - 1
            peer = Peer(reader.origin, profiled=True)
            public_id = group.uri.rsplit("/", 1)[1]
            body = at.house.run(stream.page, peer, public_id, due[0].after)
            reader.house.run(pull.store, due[0], pull.read(body, due[0].group))
            self._apply(reader)
        raise AssertionError("there is always more to read")

    def _apply(self, reader: Instance) -> None:
        for item in reader.house.read(waiting.due_items, 200, frozenset()):
            body = reader.house.read(work.body_of, item.id)
            assert body is not None
            self._effect(reader, item, body)

    def _at(self, origin: str) -> Instance | None:
        return next((one for one in self.instances.values() if one.origin == origin), None)

    def told(self, target: Instance, document: JsonObject) -> str:
        """What an instance of other software says, by an actor that is known. Answers the outcome."""
        body = msgspec.json.encode(document)
        activity = codec.decode(document)
        assert isinstance(activity, Activity)
        activity = replace(activity, id=activity.id or deletion_id(activity))
        return self._taken(
            target, _item(target, activity, origin_of(activity.actor), body, scheme="cavage"), body
        )

    def hand_over(
        self, sender: Instance, target: Instance, delivery: Delivery, *, profiled: bool | None = None
    ) -> str:
        """As the inbox takes it once the signature of the request was verified. Answers the outcome."""
        document = codec.parse(delivery.body)
        activity = codec.decode(document)
        assert isinstance(activity, Activity)
        speaker = sender.house.read(account_rows.find_by_uri, activity.actor)
        known = target.house.read(account_rows.find_by_uri, activity.actor)
        if speaker is not None and known is None and not delivery.lane:  # where nothing is ever fetched
            target.knows(sender, speaker)  # its key was fetched with its document
        is_profiled = delivery.profile if profiled is None else profiled
        scheme = PROFILE_SCHEME if is_profiled else "cavage"
        item = _item(
            target,
            activity,
            sender.origin,
            delivery.body,
            scheme=scheme,
            stream=delivery.stream,
            lane=delivery.lane,
        )
        return self._taken(target, item, delivery.body)

    def _taken(self, target: Instance, item: InboxItem, body: bytes) -> str:
        kind = str(codec.parse(body)["type"])

        def store(unit: Unit) -> bool:
            values = {
                "id": item.id,
                "activity_id": item.activity_id,
                "actor": item.actor,
                "origin": item.origin,
                "key_id": item.key_id,
                "digest": item.digest,
                "received_at": item.received_at,
                "scheme": item.scheme,
                "stream": item.stream,
                "lane": item.lane,
            }
            return work.accept(unit, values, body) or gate.is_judged_anew(unit, values, body, kind)

        if not target.house.run(store):
            target.outcomes.append((str(codec.parse(body)["type"]), "duplicate"))
            return "duplicate"
        return self._effect(target, item, body)

    def _effect(self, target: Instance, item: InboxItem, body: bytes) -> str:
        document = codec.parse(body)
        activity = codec.decode(document)
        assert isinstance(activity, Activity)
        content = Content(replace(activity, id=item.activity_id), document, body)
        try:
            outcome = self._fetching(target, item, content)
        except gate._WorkedElsewhereError:
            outcome = "paused"
        except Exception as problem:
            outcome = getattr(problem, "reason", None) or getattr(problem, "code", "")
            if not outcome:
                raise
            target.house.run(gate.refuse, item, outcome)
        target.outcomes.append((activity.type, outcome))
        return outcome

    def _fetching(self, target: Instance, item: InboxItem, content: Content) -> str:
        """With what it wants from other instances, as those answer it."""
        fetched: dict[Iri, codec.Decoded] = {}
        missing: dict[Iri, Absent] = {}
        for _ in range(gate.WANTS):
            try:
                return target.house.run(gate._effect, item, content, dict(fetched), dict(missing))
            except Wanted as wanted:
                found = self._answer(target, wanted)
                if isinstance(found, Absent):
                    missing[wanted.iri] = found
                else:
                    fetched[wanted.iri] = found
        raise AssertionError("it wants more than it may")

    def _answer(self, target: Instance, wanted: Wanted) -> codec.Decoded | Absent:
        if wanted.iri in self.served:
            return codec.decode(self.served[wanted.iri])
        there = self._at(origin_of(wanted.iri))
        if there is None or wanted.iri in self.withheld:
            return Absent.WITHHELD
        peer, name = Peer(target.origin), wanted.iri.rsplit("/", 1)[1]
        try:
            if name == "moderators":
                body = there.house.run(release.moderators, peer.origin, wanted.iri.rsplit("/", 2)[1])
            elif name == "featured":
                body = there.house.run(release.featured, peer, wanted.iri.rsplit("/", 2)[1])
            elif wanted.kind is Kind.OBJECT:
                body = there.house.run(release.object_, peer, int(name))
            else:
                body = there.house.run(release.actor, peer, name, {})
        except NotFound:
            return Absent.GONE
        return codec.decode(codec.parse(body))


def _item(
    target: Instance,
    activity: Activity,
    origin: Origin,
    body: bytes,
    *,
    scheme: str,
    stream: str | None = None,
    lane: bool = False,
) -> InboxItem:
    assert activity.id is not None
    return InboxItem(
        id=target.house.run(lambda unit: unit.new_id()),
        activity_id=activity.id,
        actor=activity.actor,
        origin=origin,
        key_id=Iri(f"{activity.actor}#ed25519-1"),
        digest=sha256(body).hexdigest(),
        received_at=target.house.clock.now(),
        state=ItemState.WAITING,
        attempts=0,
        scheme=scheme,
        stream=stream,
        lane=lane,
    )


def attest(unit: Unit, member: Account, group: Account, hosts: list[Origin], columns: dict[str, Any]) -> Any:
    join_uri = addresses.new_activity(unit)
    attested = verification.mint_for(unit, member, group, hosts, Ids.public(), join_uri)
    _active(unit, group, member, attested.id, {**columns, "join_uri": join_uri})
    return attested


def received(
    unit: Unit,
    document: bytes,
    member: Account,
    group: Account,
    issuer: PublicKey,
    key: PublicKey,
    columns: dict[str, Any],
) -> None:
    join_uri = Iri(f"{member.uri}/join/{unit.new_id()}")
    judged = verification.judge_join(
        unit,
        codec.parse(document),
        subject=member,
        subject_key=key,
        issuer_key=issuer,
        group=group,
        join_uri=join_uri,
    )
    assert not isinstance(judged, verification.Flaw), judged
    _active(unit, group, member, judged.id, {**columns, "join_uri": join_uri})


def _active(
    unit: Unit, group: Account, member: Account, attestation_id: int, columns: dict[str, Any]
) -> None:
    values = {
        "group_id": group.id,
        "account_id": member.id,
        "state": "active",
        "joined_at": unit.now,
        "attestation_id": attestation_id,
        **columns,
    }
    assert memberships.add(unit, values)
    follow = {"id": unit.new_id(), "account_id": member.id, "target_id": group.id, "uri": columns["join_uri"]}
    relationships.add_follow(unit, {**follow, "state": "accepted"})


def _hosts(unit: Unit, group: Account, hosts: tuple[Host, ...]) -> None:
    groups.change(unit, group.id, {"hosts": groups.hosts_value(hosts)})


@contextmanager
def open_exchange(
    folder: Path, *names: str, engine: str = SQLITE, partners: bool = True, **settings: Any
) -> Iterator[Exchange]:
    """Instances NAME.example; partners of each other unless told otherwise."""
    with ExitStack() as stack:
        found = {
            name: Instance(
                name,
                stack.enter_context(open_house(folder / name, engine, domain=f"{name}.example", **settings)),
            )
            for name in names
        }
        net = Exchange(found)
        for one in found.values():
            for other in found.values():
                if partners and one is not other:
                    one.house.run(as_partner, other.origin, other.key())
        for one in found.values():
            one.house.clock.advance(timedelta(seconds=1))
        yield net
