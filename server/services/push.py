"""Web push: a device is told that something happened, never by whom and never what was said.

A message is a row in the transaction of its notification; a job sends it. What it holds is put together here from ids and
fixed sentences: the kind, the instance's name, and the name of a group that everybody here may find. Endpoint, keys and
the device's own token are sealed for as long as the subscription lives; the token leaves inside the encrypted message alone,
and not at all where the instance says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from federation.errors import Malformed
from federation.iri import origin_of
from federation.types import Iri
from server.core.context import Context
from server.core.errors import Invalid, NotFound
from server.core.i18n import N_, Translator
from server.core.settings import Push
from server.domain.accounts import FollowState
from server.domain.boundary import GroupAccess
from server.domain.notifications import NotificationKind
from server.domain.push import DueMessage, KeptSubscription, PushPolicy, PushSubscription, QuietHours
from server.push import encryption, vapid
from server.push.encryption import DeviceKeys
from server.services import notifications, tokens
from server.store import accounts, groups, posts, relationships
from server.store import push as rows
from server.store.session import Unit

KEEP = timedelta(hours=24)
LEASE = timedelta(seconds=60)
BACKOFF = (60, 300, 1800, 7200, 21600, 43200)
"""Seconds after each failure in a row; one more ends the subscription."""
LONGEST_ENDPOINT = 2000
OFF = N_("This instance sends no push messages")

SENTENCES: dict[NotificationKind, str] = {
    NotificationKind.MENTION: N_("You were mentioned"),
    NotificationKind.STATUS: N_("There is a new post"),
    NotificationKind.REBLOG: N_("One of your posts was shared"),
    NotificationKind.FOLLOW: N_("You have a new follower"),
    NotificationKind.FOLLOW_REQUEST: N_("Somebody asks to follow you"),
    NotificationKind.FAVOURITE: N_("One of your posts was liked"),
    NotificationKind.POLL: N_("A poll has ended"),
    NotificationKind.UPDATE: N_("A post was edited"),
}


@dataclass(frozen=True, slots=True)
class Device:
    """Where a device listens, and the app's token on it."""

    endpoint: str
    keys: DeviceKeys
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be encrypted and sent. lives: seconds for which a push service may keep it."""

    token_id: int
    notification_id: int
    device: Device
    standard: bool
    text: bytes = field(repr=False)
    lives: int


class _Sealed(msgspec.Struct, frozen=True):
    endpoint: str
    public: bytes
    auth: bytes
    token: str


def key(context: Context) -> ec.EllipticCurvePrivateKey:
    """With which this instance signs what it sends to push services."""
    return vapid.key_of(context.sealer.derive("vapid"))


def public_key(context: Context) -> str:
    """As apps ask for it; "" where nothing is ever sent."""
    return "" if context.settings.push is Push.OFF else vapid.public_text(key(context))


def device(endpoint: str, public: str, auth: str, token: str) -> Device:
    """Of what an app says. Raises Invalid."""
    parts = urlsplit(endpoint)
    try:
        origin_of(Iri(endpoint))
        known = parts.scheme == "https" and parts.username is None and not parts.fragment
    except (Malformed, ValueError):
        known = False
    if not known or len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii():
        raise Invalid("Validation failed: %(field)s is not of the right form", field="endpoint")
    keys = DeviceKeys(_decoded(public, "keys[p256dh]"), _decoded(auth, "keys[auth]"))
    encryption.check(keys)
    return Device(endpoint, keys, token)


def _decoded(text: str, name: str) -> bytes:
    """Either alphabet of base64, with padding or without."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("Validation failed: %(field)s is not of the right form", field=name) from None


def subscribe(
    unit: Unit,
    token_id: int,
    account_id: int,
    at: Device,
    *,
    standard: bool,
    alerts: Mapping[str, bool],
    policy: PushPolicy,
) -> PushSubscription:
    """Takes the place of what the token had. Raises Invalid where the instance sends none."""
    if unit.context.settings.push is Push.OFF:
        raise Invalid(OFF)
    kept = at.token if unit.context.settings.push is Push.ON else ""
    rows.save(
        unit,
        {
            "token_id": token_id,
            "account_id": account_id,
            "sealed": _seal(unit, token_id, replace(at, token=kept)),
            "standard": standard,
            "alerts": dict(alerts),
            "policy": policy.value,
            "created_at": unit.now,
            "failures": 0,
            "retry_at": None,
        },
    )
    return get(unit, token_id)


def get(unit: Unit, token_id: int) -> PushSubscription:
    """Raises NotFound."""
    kept = rows.find(unit, token_id)
    if kept is None:
        raise NotFound
    return PushSubscription(
        token_id, kept.account_id, _opened(unit, kept).endpoint, kept.standard, kept.alerts, kept.policy
    )


def change(
    unit: Unit, token_id: int, alerts: Mapping[str, bool] | None, policy: PushPolicy | None
) -> PushSubscription:
    """None leaves a thing as it is. Raises NotFound."""
    known = get(unit, token_id)
    rows.change(
        unit,
        token_id,
        {
            "alerts": known.alerts if alerts is None else dict(alerts),
            "policy": (policy or known.policy).value,
        },
    )
    return get(unit, token_id)


def end(unit: Unit, token_id: int) -> None:
    """Also what still waits for the device."""
    rows.end(unit, [token_id])


# -- what waits ------------------------------------------------------------------------------------------


def any_due(unit: Unit) -> bool:
    return unit.context.settings.push is not Push.OFF and rows.any_due(unit, unit.now - tokens.UNUSED)


def due(unit: Unit, translators: Mapping[str, Translator], most: int = 50) -> list[Message]:
    """What is to be sent now; each is put off, so that a second sender leaves it alone.

    What the device did not ask for, what its reader may not see any more, and what is too old ends here.
    translators: by language, `""` the instance's own.
    """
    found = []
    failing: set[int] = set()
    for each in rows.due(unit, unit.now - tokens.UNUSED, most):
        token_id = each.at.token_id
        quiet = _quiet(each, unit.context.settings.timezone)
        over = quiet.over_at(unit.now) if quiet else None
        if each.created_at < unit.now - KEEP or not _wanted(unit, each):
            rows.remove(unit, token_id, each.notification_id)
        elif over is not None:
            rows.put_off(unit, token_id, each.notification_id, over)
        elif token_id not in failing:
            rows.put_off(unit, token_id, each.notification_id, unit.now + LEASE)
            found.append(_message(unit, each, translators.get(each.language or "") or translators[""]))
            if each.at.failures:
                failing.add(token_id)  # one at a time, until the endpoint works again
    return found


def _quiet(each: DueMessage, zone: str) -> QuietHours | None:
    if not each.quiet_from or not each.quiet_until or each.quiet_from == each.quiet_until:
        return None
    start, ends = time.fromisoformat(each.quiet_from), time.fromisoformat(each.quiet_until)
    return QuietHours(start, ends, ZoneInfo(each.timezone or zone))


def _wanted(unit: Unit, each: DueMessage) -> bool:
    """Whether the device asked for it, and its reader may still see what it is about."""
    if not each.at.alerts.get(each.kind.value) or not _from_the_right(unit, each):
        return False
    try:
        notifications.get(unit, each.at.account_id, each.notification_id)
    except NotFound:
        return False
    return True


def _from_the_right(unit: Unit, each: DueMessage) -> bool:
    reader, known = each.at.account_id, None
    match each.at.policy:
        case PushPolicy.ALL:
            return True
        case PushPolicy.NONE:
            pass
        case PushPolicy.FOLLOWED:
            known = relationships.find_follow(unit, reader, each.from_id)
        case PushPolicy.FOLLOWER:
            known = relationships.find_follow(unit, each.from_id, reader)
    return known is not None and known.state is FollowState.ACCEPTED


def _message(unit: Unit, each: DueMessage, translator: Translator) -> Message:
    settings = unit.context.settings
    at = _opened(unit, each.at)
    sentence = translator.raw(SENTENCES[each.kind])
    group = None if each.post_id is None else _group_name(unit, each.post_id)
    text = {
        "access_token": at.token if settings.push is Push.ON else "",
        "preferred_locale": translator.language,
        "notification_id": each.notification_id,
        "notification_type": each.kind.value,
        "icon": f"{settings.base}/static/avatar.png",
        "title": settings.title,
        "body": sentence if group is None else f"{group}: {sentence}",
    }
    lives = max(0, int((each.created_at + KEEP - unit.now).total_seconds()))
    return Message(
        each.at.token_id, each.notification_id, at, each.at.standard, msgspec.json.encode(text), lives
    )


def _group_name(unit: Unit, post_id: int) -> str | None:
    """Of a group that everybody here may find; the name of another says too much on a locked screen."""
    post = posts.find(unit, post_id)
    group = None if post is None or post.group_id is None else groups.find(unit, post.group_id)
    if group is None or not group.listed or group.access is GroupAccess.SECRET:
        return None
    account = accounts.find(unit, group.account_id)
    return None if account is None else (account.display_name or account.username)[:100]


def _seal(unit: Unit, token_id: int, at: Device) -> bytes:
    plain = _Sealed(at.endpoint, at.keys.public, at.keys.auth, at.token)
    return unit.context.sealer.seal(f"push:{token_id}", msgspec.json.encode(plain))


def _opened(unit: Unit, kept: KeptSubscription) -> Device:
    sealed = unit.context.sealer.open(f"push:{kept.token_id}", kept.sealed)
    found = msgspec.json.decode(sealed, type=_Sealed)
    return Device(found.endpoint, DeviceKeys(found.public, found.auth), found.token)


def arrived(unit: Unit, message: Message) -> None:
    """The push service took it."""
    rows.remove(unit, message.token_id, message.notification_id)
    known = rows.find(unit, message.token_id)
    if known is not None and known.failures:
        rows.change(unit, message.token_id, {"failures": 0, "retry_at": None})


def too_long(unit: Unit, message: Message) -> None:
    """The push service takes nothing of this size: this one is given up, the device keeps its subscription."""
    rows.remove(unit, message.token_id, message.notification_id)


def failed(unit: Unit, message: Message, wait: int = 0) -> None:
    """Later, and ever later; then never again. wait: seconds that the push service asks for."""
    known = rows.find(unit, message.token_id)
    if known is None or (known.retry_at is not None and known.retry_at > unit.now):
        return  # another message has said so
    if known.failures >= len(BACKOFF):
        rows.end(unit, [message.token_id])
        return
    pause = max(BACKOFF[known.failures], min(wait, BACKOFF[-1]))
    rows.change(
        unit,
        message.token_id,
        {"failures": known.failures + 1, "retry_at": unit.now + timedelta(seconds=pause)},
    )


def forget_tokens(unit: Unit) -> int:
    """Seals anew, without the device's token, what still holds one. Answers how many there were."""
    found = [(kept.token_id, _opened(unit, kept)) for kept in rows.every(unit)]
    holding = [(token_id, at) for token_id, at in found if at.token]
    for token_id, at in holding:
        rows.change(unit, token_id, {"sealed": _seal(unit, token_id, replace(at, token=""))})
    return len(holding)


def forget_old(unit: Unit) -> int:
    return rows.forget(unit, unit.now - KEEP)


def expires(now: datetime) -> datetime:
    """Until when what we state to a push service holds: well within the day that it allows."""
    return now + timedelta(hours=12)
