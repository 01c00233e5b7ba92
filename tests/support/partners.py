"""Partners for tests: a ready row for unit tests, and two live instances paired through the commands.

house.run(as_partner, Origin("peer.example"))                 # T2 from now on, with a key of its own
key = PrivateKey.generate_ed25519()
house.run(as_partner, Origin("peer.example"), key.public)     # pinned to a key that the test signs with
make_partners(hospital, society)                              # two LiveInstance: card, pair and test on both sides
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from federation.keys import PrivateKey, PublicKey
from federation.types import JsonObject, Origin
from server.domain.trust import PROFILE, Trust
from server.services import instances, partners
from server.store import partners as rows
from server.store.session import Unit
from tests.support.instances import LiveInstance

AGREEMENT = "contract 1"
UNTIL = "2099-12-31"


def as_partner(unit: Unit, domain: Origin, key: PublicKey | None = None, **columns: Any) -> None:
    """Makes an instance a partner in one row, and connects it. columns: others of `partner`, to take something away."""
    pinned = (key or PrivateKey.generate_ed25519().public).to_multibase()
    scheme = unit.context.settings.scheme
    card = {
        "domain": domain,
        "actor": f"{scheme}://{domain}/actor",
        "key": pinned,
        "issued": "2026-01-01T00:00:00Z",
    }
    instances.set_trust(unit, "test", domain, Trust.ALLOWED)
    values = {
        "domain": domain,
        "key": pinned,
        "pinned_at": unit.now,
        "card": json.dumps(card).encode(),
        "controller": f"Controller of {domain}",
        "jurisdiction": "FR",
        "versions": [PROFILE],
        "classes": ["notice", "discussion", "case"],
        "agreement": AGREEMENT,
        "agreement_until": unit.now + timedelta(days=365),
        "confirmed_at": unit.now,
        "confirmed_by": "test",
        "probed_at": unit.now,
        "next_probe_at": unit.now + partners.PROBE_DAILY,
    }
    rows.put(unit, {**values, **columns})


def card_of(instance: LiveInstance) -> JsonObject:
    """The signed card that the instance prints."""
    name = instance.name.capitalize()
    printed = instance.command(
        "instance", "card", "--controller", f"{name} Hospital", "--jurisdiction", "FR",
        "--officer", f"dpo@{name}.example", "--contact", "+33 1 00 00 00 00",
    )  # fmt: skip
    card: JsonObject = json.loads(printed)
    return card


def load_card(instance: LiveInstance, card: JsonObject) -> None:
    """`consilium instance pair` with the card of another, its fingerprint compared."""
    file = instance.folder / "card.json"
    file.write_text(json.dumps(card), encoding="utf-8")
    instance.command(
        "instance", "pair", str(file), "--fingerprint", card["fingerprint"], "--agreement", AGREEMENT,
        "--until", UNTIL, "--yes",
    )  # fmt: skip


def make_partners(one: LiveInstance, other: LiveInstance) -> None:
    """Makes two running instances partners of each other, as two administrators would: card, pair and test on both sides.

    Takes a few seconds. Fails with what `instance test` printed where a line of the probe failed. Both must be serving
    (and with Redis have their workers); they need not be connected before.
    """
    cards = card_of(one), card_of(other)
    load_card(one, cards[1])
    load_card(other, cards[0])
    for here, there in ((one, other), (other, one)):
        here.command("instance", "test", there.origin)
