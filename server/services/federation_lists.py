"""Lists of institutions that a society publishes: followed by a person, believed only where k of n known signers signed.

A list suggests and never decides: a person confirms the difference, and what it can bring is a connection, never a partner.
Each version names the one before; an older one (rollback), or a second one in the same place (fork), is not believed, and a fork
ends belief in all that follows. A list that has run out pauses whom it connected, but for those that are paired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from federation.keys import PublicKey
from federation.types import Origin
from server.core.errors import Conflict, Invalid, NotFound
from server.core.i18n import N_
from server.domain.federation_lists import (
    CHANGES,
    Effect,
    FederationList,
    Followed,
    Received,
    Suggestion,
    Version,
)
from server.domain.signin import MailKind
from server.domain.trust import Partner, Trust
from server.domain.users import Role
from server.services import audit, instances, mail, partners
from server.store import federation_lists as rows
from server.store import users
from server.store.session import Unit

HOURLY = timedelta(hours=1)
WARNED = (7, 3, 1)
"""Days before a list runs out."""
ENDED = 0
AT_ONCE = 20
SHOWN = 50

REFUSED: dict[Received, str] = {
    Received.ROLLBACK: N_("This version is older than the one that is known: it is not believed"),
    Received.FORK: N_(
        "The signers of this list have signed two different histories: nothing of it is believed any more. Ask them, "
        "then follow the list anew"
    ),
    Received.GAP: N_("Versions between the known one and this one are missing: read them first, in order"),
    Received.UNSIGNED: N_("Not enough of the known signers have signed this version"),
    Received.EXPIRED: N_("This version has run out"),
}


# -- versions --------------------------------------------------------------------------------------------


def follow(unit: Unit, by: str, given: FederationList, fingerprints: Iterable[str]) -> Followed:
    """Believes a list from now on. fingerprints: of all its signers, as they were heard elsewhere than from the list.

    Raises Invalid, Conflict.
    """
    if rows.find(unit, given.url) is not None:
        raise Conflict("This list is followed already")
    heard = {partners.digits(one) for one in fingerprints}
    if heard != {partners.digits(PublicKey.from_multibase(key).fingerprint()) for key in given.signers}:
        raise Invalid("The fingerprints are not those of the signers of this list")
    if not _signed(given, given.signers, given.threshold):
        raise Invalid(REFUSED[Received.UNSIGNED])
    if given.expires <= unit.now:
        raise Invalid(REFUSED[Received.EXPIRED])
    rows.put(unit, given, {"next_fetch_at": unit.now + HOURLY})
    audit.record(unit, by, "federation_list.followed", given.url, version=given.version)
    return get(unit, given.url)


def receive(unit: Unit, by: str, given: FederationList) -> Received:
    """A further version of a list that is followed. Whatever is not believed changes nothing but what is known of a fork."""
    known = get(unit, given.url)
    outcome = _judge(unit, known, given)
    if outcome is Received.NEW:
        rows.put(unit, given, {"next_fetch_at": unit.now + HOURLY, "came": outcome.value})
        rows.change(unit, given.url, {"declined": _still(get(unit, given.url))})
        audit.record(unit, by, "federation_list.version", given.url, version=given.version)
    elif outcome is Received.FORK and known.forked_at is None:
        rows.change(unit, given.url, {"forked_at": unit.now})
        audit.record(unit, by, "federation_list.fork", given.url, version=given.version)
    return outcome


def _judge(unit: Unit, known: Followed, given: FederationList) -> Received:
    if known.forked_at is not None:
        return Received.FORK
    if given.version == known.version and given.digest == known.digest:
        return Received.SAME
    if not _signed(given, known.signers, known.threshold):
        return Received.UNSIGNED
    if given.version < known.version:
        return Received.ROLLBACK
    if given.version == known.version:
        return Received.FORK
    if given.version > known.version + 1:
        return Received.GAP
    if given.previous != known.digest:
        return Received.FORK
    if not _signed(given, given.signers, given.threshold):
        return Received.UNSIGNED
    return Received.EXPIRED if given.expires <= unit.now else Received.NEW


def _signed(given: FederationList, signers: Iterable[str], threshold: int) -> bool:
    return len(given.signed_by & set(signers)) >= threshold


def unfollow(unit: Unit, by: str, url: str) -> None:
    """Whom the list connected stays connected."""
    get(unit, url)
    rows.remove(unit, url)
    audit.record(unit, by, "federation_list.unfollowed", url)


def get(unit: Unit, url: str) -> Followed:
    found = rows.find(unit, url)
    if found is None:
        raise NotFound("The list %(url)s is not followed here", url=url[:200])
    return found


def by_key(unit: Unit, key: str) -> Followed:
    """Raises NotFound."""
    found = next((one for one in rows.all_followed(unit) if one.key == key), None)
    if found is None:
        raise NotFound
    return found


def history(unit: Unit, url: str) -> list[Version]:
    """The newest versions that were believed, newest first."""
    return rows.versions(unit, url, SHOWN)


def all_followed(unit: Unit) -> list[Followed]:
    return rows.all_followed(unit)


def due(unit: Unit) -> list[Followed]:
    """Those that are to be fetched again; those of a fork are not."""
    return rows.due(unit, AT_ONCE)


def fetched(unit: Unit, url: str, given: FederationList | None) -> Received | None:
    """The end of a look at a list's address. given: None where nothing came that can be read."""
    if rows.find(unit, url) is None:
        return None
    came = None if given is None or given.url != url else receive(unit, "system", given)
    seen = {"fetched_at": unit.now, "came": came.value if came else ""}
    rows.change(unit, url, {"next_fetch_at": unit.now + HOURLY, **seen})
    return came


# -- what it suggests ------------------------------------------------------------------------------------


def compare(unit: Unit, url: str) -> list[Suggestion]:
    """What the list says beside what is so here, by name."""
    return compared(unit, get(unit, url))


def compared(unit: Unit, found: Followed) -> list[Suggestion]:
    """The same for a list that was read already."""
    known, papers = instances.trusts(unit), partners.find_many(unit, [one.domain for one in found.entries])
    own = unit.context.settings.origin
    suggested = [
        Suggestion(
            one.domain,
            one.controller,
            _effect(known.get(one.domain, Trust.UNKNOWN), papers.get(one.domain), one.fingerprint),
        )
        for one in found.entries
        if one.domain != own
    ]
    named = {one.domain for one in found.entries}
    gone = [
        Suggestion(domain, "", Effect.PAUSE)
        for domain in found.applied
        if domain not in named and _may_pause(unit, domain, known)
    ]
    refused = set(found.declined)
    marked = [
        replace(one, effect=Effect.DECLINED) if (one.domain, one.effect) in refused else one
        for one in (*suggested, *gone)
    ]
    return sorted(marked, key=lambda one: one.domain)


def mark(shown: Iterable[Suggestion]) -> str:
    """What waits for a person, as one word: two differences have the same one where they are the same."""
    words = [f"{one.effect.value} {one.domain}" for one in shown if one.effect in CHANGES]
    return sha256("\n".join(words).encode()).hexdigest()


def _effect(trust: Trust, partner: Partner | None, fingerprint: str) -> Effect:
    if trust is Trust.UNKNOWN:
        return Effect.CONNECT
    if not trust.speaks:
        return Effect.STOPPED
    pinned = partner is not None and partner.confirmed_at is not None
    if pinned and partner is not None and fingerprint:
        same = partners.digits(partners.fingerprint(partner)) == fingerprint
        return Effect.SAME if same else Effect.OTHER_KEY
    return Effect.SAME


def apply(unit: Unit, by: str, url: str, shown: list[Suggestion]) -> int:
    """Connects and pauses as was shown. Answers how many. Raises Conflict where the difference is another one by now."""
    found = get(unit, url)
    if found.forked_at is not None:
        raise Invalid(REFUSED[Received.FORK])
    if found.expires <= unit.now:
        raise Invalid(REFUSED[Received.EXPIRED])
    if compare(unit, url) != shown:
        raise Conflict("The list of instances has changed meanwhile; look at the difference again")
    applied = set(found.applied)
    changed = 0
    for one in shown:
        if one.effect is Effect.CONNECT:
            instances.set_trust(unit, by, one.domain, Trust.ALLOWED, found.name)
            applied.add(one.domain)
        elif one.effect is Effect.PAUSE:
            instances.set_trust(unit, by, one.domain, Trust.SUSPENDED, found.name)
            applied.discard(one.domain)
        else:
            continue
        changed += 1
    rows.change(unit, url, {"applied": sorted(applied)})
    audit.record(unit, by, "federation_list.applied", url, version=found.version, instances=changed)
    return changed


def decline(unit: Unit, by: str, url: str, shown: list[Suggestion]) -> int:
    """Leaves alone what was shown, until the list suggests something else of those institutions. Answers how many. Raises Conflict."""
    found = get(unit, url)
    if compare(unit, url) != shown:
        raise Conflict("The list of instances has changed meanwhile; look at the difference again")
    refused = [(one.domain, one.effect) for one in shown if one.effect in CHANGES]
    if refused:
        rows.change(unit, url, {"declined": [list(one) for one in (*found.declined, *refused)]})
        audit.record(unit, by, "federation_list.declined", url, version=found.version, instances=len(refused))
    return len(refused)


def ask_again(unit: Unit, by: str, url: str) -> int:
    """What was declined is suggested once more. Answers how many."""
    found = get(unit, url)
    if found.declined:
        rows.change(unit, url, {"declined": []})
        audit.record(unit, by, "federation_list.asked_again", url, instances=len(found.declined))
    return len(found.declined)


def _still(found: Followed) -> list[list[str]]:
    """What was declined and is still of this version: who is named no more, and comes back, is suggested anew."""
    named = {one.domain for one in found.entries}
    return [
        [domain, effect]
        for domain, effect in found.declined
        if (domain in named) is (effect is Effect.CONNECT)
    ]


def _may_pause(unit: Unit, domain: Origin, known: dict[Origin, Trust]) -> bool:
    """Who is paired has an agreement of their own."""
    if not known.get(domain, Trust.UNKNOWN).speaks:
        return False
    partner = partners.find(unit, domain)
    return partner is None or partner.confirmed_at is None


# -- lists that run out ----------------------------------------------------------------------------------


def watch(unit: Unit) -> int:
    """Warns of lists that run out, and pauses whom those that have run out connected. Answers how many lists."""
    return sum(_watch(unit, one) for one in rows.all_followed(unit))


def _watch(unit: Unit, found: Followed) -> bool:
    left = found.expires - unit.now
    reached = [days for days in WARNED if left <= timedelta(days=days)]
    if left <= timedelta():
        reached.append(ENDED)
    if not reached or (found.reminded_days is not None and found.reminded_days <= min(reached)):
        return False
    rows.change(unit, found.url, {"reminded_days": min(reached)})
    if min(reached) != ENDED:
        audit.record(unit, "system", "federation_list.ends", found.url, days=min(reached))
        _tell(unit, MailKind.LIST_ENDS, found)
        return True
    known = instances.trusts(unit)
    paused = [domain for domain in found.applied if _may_pause(unit, domain, known)]
    for domain in paused:
        instances.set_trust(unit, "system", domain, Trust.SUSPENDED, found.name)
    audit.record(unit, "system", "federation_list.ended", found.url, paused=len(paused))
    _tell(unit, MailKind.LIST_ENDED, found)
    return True


def _tell(unit: Unit, kind: MailKind, found: Followed) -> None:
    for address, language in users.addresses_of_role(unit, Role.ADMIN):
        mail.queue(
            unit, kind, address, language, f"{found.name}, {found.expires.date().isoformat()}\n{found.url}"
        )
