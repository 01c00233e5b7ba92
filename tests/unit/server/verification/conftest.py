"""A house whose members have keys, and another instance that attests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from federation.credentials.attestation import Attestation, StatusEntry, mint
from federation.credentials.status import StatusBits, StatusList, mint_list
from federation.testing.actors import FakeActor
from federation.types import Iri, JsonObject, Origin
from server.domain.accounts import Account, AccountKind
from server.domain.trust import Trust
from server.domain.users import Role
from server.domain.verification import Method
from server.services import accounts, instances
from server.services.verification import Claim, Decision, record
from server.store.session import Unit
from server.store.tables.instances import partner
from tests.support.house import House, any_house, house

__all__ = ["any_house", "house"]

BY = "command"
HOSTS = [Origin("here.example"), Origin("society.example")]


def member(house: House, name: str, role: Role = Role.MEMBER) -> Account:
    """Somebody who signs in, with keys."""

    def make(unit: Unit) -> Account:
        accounts.ensure_instance_actor(unit)
        _, account = accounts.create_user(unit, BY, name, f"{name}@x.example", password_hash=None, role=role)
        return account

    return house.run(make)


def user_of(house: House, account: Account) -> str:
    owner = house.read(accounts.owner, account)
    assert owner is not None
    return f"user:{owner.id}"


def verified(
    house: House, name: str, *specialties: str, level: int = 2, profession: str = "physician"
) -> Account:
    account = member(house, name)
    claim = Claim(profession, specialties, "FR")
    house.run(record, BY, account, claim, Decision(level, Method.ADMINISTRATOR, "substantial"))
    return account


def group(house: House, name: str = "cardiology", domain: str = "society.example") -> Account:
    uri = f"https://{domain}/actors/{name}"
    return house.remote(name, domain, uri=uri, kind=AccountKind.GROUP.value)


@dataclass
class Hospital:
    """Another instance: its actor, its members, its status lists."""

    house: House
    domain: str = "chu.example"
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    serial: int = 0

    def __post_init__(self) -> None:
        self.actor = FakeActor.create(f"https://{self.domain}", "instance")
        self.people: dict[str, FakeActor] = {}

    def person(self, name: str) -> tuple[Account, FakeActor]:
        actor = self.people.setdefault(name, FakeActor.create(f"https://{self.domain}", name))
        return self.house.remote(name, self.domain, uri=actor.id), actor

    def attests(self, account: Account, group: Account, **changes: Any) -> JsonObject:
        self.serial += 1
        actor = self.people[account.username]
        now = self.house.clock.now()
        values: dict[str, Any] = {
            "id": f"urn:uuid:{self.serial}",
            "issuer": self.actor.id,
            "subject": actor.id,
            "key_id": actor.ed25519_signer.key_id,
            "key": actor.ed25519.public,
            "handle": f"@{account.username}@{self.domain}",
            "name": account.username,
            "pseudonymous": False,
            "profession": "physician",
            "specialty": ("cardiology",),
            "jurisdiction": "FR",
            "level": 2,
            "identity_level": "substantial",
            "method": "administrator",
            "audience": group.uri,
            "hosts": (Origin(self.domain), Origin("here.example")),
            "nonce": f"{self.serial:032x}",
            "valid_from": now,
            "valid_until": now + timedelta(days=20),
            "status": (
                StatusEntry("revocation", Iri(f"https://{self.domain}/status/1"), self.serial),
                StatusEntry("suspension", Iri(f"https://{self.domain}/status/2"), self.serial),
            ),
        }
        return mint(Attestation(**{**values, **changes}), self.actor.ed25519_signer, now)

    def list(self, uri: str, **changes: Any) -> JsonObject:
        purpose, places = (
            ("revocation", self.revoked) if uri.endswith("1") else ("suspension", self.suspended)
        )
        now = self.house.clock.now()
        values: dict[str, Any] = {
            "url": Iri(uri),
            "issuer": self.actor.id,
            "purpose": purpose,
            "version": int(now.timestamp()),
            "bits": StatusBits.of(places),
            "valid_from": now,
            "valid_until": now + timedelta(hours=24),
        }
        return mint_list(StatusList(**{**values, **changes}), self.actor.ed25519_signer, now)

    def become_partner(self) -> None:
        def store(unit: Unit) -> None:
            instances.set_trust(unit, BY, Origin(self.domain), Trust.ALLOWED)
            unit.run(
                partner.insert(),
                {
                    "domain": self.domain,
                    "key": self.actor.ed25519.public.to_multibase(),
                    "pinned_at": unit.now,
                    "card": json.dumps({"actor": self.actor.id}).encode(),
                    "labels": [],
                    "versions": [],
                    "classes": [],
                    "probe": [],
                    "created_at": unit.now,
                },
            )

        self.house.run(store)


@pytest.fixture
def hospital_of() -> Callable[[House], Hospital]:
    return Hospital
