"""What a house of the demo answers when it is asked what it has, decided and stated: from its API, its database and its logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.types import Iri, Origin
from server.cli.demo_scenes import Column, Line, Mark, Shown
from server.cli.demo_story import Place, StoryFailed
from server.core.clock import iso
from server.domain.boundary import Direction, Effect
from server.domain.holds import Hold
from server.domain.ledger import Incident
from server.services import accounts, audit, explanations, groups, holds, incidents, traces
from server.services.policies.words import Said
from server.services.posts import visible
from server.services.traces import Trace
from server.store.session import Unit
from server.text.plain import text_of

RECENT = 50


def _of_group(one: dict[str, Any], group: str) -> bool:
    """What the group has passed on, or the doctor has written in it."""
    by = one["account"]["username"] if one["reblog"] else ""
    return group in {by, *(mention["username"] for mention in one["mentions"])}


def _below(place: Place, asked: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.call("GET", f"/api/v1/statuses/{asked['id']}/context")["descendants"]
    return found


@dataclass(frozen=True, slots=True)
class Decided:
    """A line of a house's decision log, with its rules in words."""

    number: str
    at: datetime
    subject: str
    why: tuple[Said, ...]


def column(place: Place, group: str, lines: list[Line]) -> Column:
    """The house with its lines, and the group as its doctor's phone shows it now."""
    home = [
        one["reblog"] or one for one in place.call("GET", "/api/v1/timelines/home") if _of_group(one, group)
    ]
    shown = {one["id"]: one for asked in home for one in (asked, *_below(place, asked))}.values()
    me = place.call("GET", "/api/v1/accounts/verify_credentials")
    posts = tuple(Shown(one["account"]["display_name"], text_of(one["content"])) for one in shown)
    return Column(place.name, place.settings.title, me["display_name"], posts, tuple(lines))


def decided(house: Place, other: Place, effect: Effect, direction: Direction, since: str) -> Decided | None:
    """The newest decision of a house about what crosses between it and another in a group. since: RFC 3339."""

    def newest(unit: Unit) -> Decided | None:
        for one in audit.decisions(unit, RECENT, peer=other.domain, effect=effect.value):
            in_a_group = one["facts"].get("content", {}).get("form") == "group"
            if in_a_group and one["direction"] == direction.value and iso(one["at"]) >= since:
                why = explanations.of_rules(unit, one["rules"])
                return Decided(str(one["id"]), one["at"], one["subject"], why)
        return None

    return house.read(newest)


def knows_nothing(house: Place, uri: str) -> bool:
    """Whether there is no trace of a post in a house's database."""
    return house.read(lambda unit: visible.find_by_uri(unit, Iri(uri))) is None


def refusal(house: Place, other: Place, uri: str) -> tuple[Said, ...]:
    """The rules by which a post of a house does not cross to another, as `consilium policy explain` says it."""

    def explained(unit: Unit) -> tuple[Said, ...]:
        found = explanations.post(unit, explanations.of_ours(unit, uri), [Origin(other.domain)])
        return next((one.because for one in found if one.decision.effect is Effect.DENY), ())

    return house.read(explained)


def held(house: Place, other: Place) -> tuple[Hold, tuple[Said, ...]] | None:
    """What waits in a house for a person before it crosses to another, and the rules that hold it."""

    def waiting(unit: Unit) -> tuple[Hold, tuple[Said, ...]] | None:
        found = next((one for one in holds.waiting(unit) if one.peer == other.domain), None)
        return None if found is None else (found, explanations.of_rules(unit, found.rules))

    return house.read(waiting)


def incident(house: Place, uri: str) -> Incident | None:
    """The open incident about a post."""
    found = house.read(lambda unit: incidents.open_anywhere(unit, RECENT))
    return next((one for one in found if one.object_uri == uri), None)


def trace(house: Place, number: int) -> Trace | None:
    """What the page of a post's author says of where it is, once every institution has answered."""

    def traced(unit: Unit) -> Trace:
        return traces.of_post(unit, accounts.get_local(unit, house.person.name), number)

    found = house.read(traced)
    return found if found.proven and not found.open else None


def rules_in_words(house: Place, rules: str) -> tuple[Said, ...]:
    """rules: as the ledger keeps them, ids with spaces between."""
    return house.read(lambda unit: explanations.of_rules(unit, rules.split()))


def members_of(house: Place, group: str, other: Place) -> int:
    """How many of another house can read a group of a house."""
    found = house.read(lambda unit: groups.who_can_read(unit, accounts.get_local(unit, group)))
    return next((one.count or 0 for one in found if one.host == other.domain), 0)


def document(receipt: str | bytes | None) -> str:
    """A receipt as it was signed, for reading."""
    return json.dumps(json.loads(receipt), indent=2, ensure_ascii=False) if receipt else ""


def by_rule(message: str, other: Place, made: Decided, mark: Mark) -> Line:
    """A crossing, or a refusal, with the rules that decided it."""
    facts = (f"consilium policy decisions → {made.number}  {iso(made.at)}", made.subject)
    return Line(message, {"house": other.settings.title}, mark, made.why, facts)


def search(place: Place, uri: str) -> str:
    """Raises StoryFailed where a house that must not can fetch a post."""
    found = place.call("GET", "/api/v2/search", params={"q": uri, "resolve": "true", "type": "statuses"})
    if found["statuses"]:
        raise StoryFailed(f"{place.name} could fetch the post")
    return f"{place.domain}: search {uri} → 0"
