"""What `doctor` says: the judgement over each fact, a plain sentence and what to do. It asks nothing of the network."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from server.core.errors import SettingsError
from server.core.i18n import N_
from server.core.settings import PostsCeiling, Settings
from server.domain.remarks import Level, Remark
from server.services import accounts, keys
from server.store import backlog, figures, meta
from server.store.session import Unit

EXPIRES_SOON = timedelta(days=14)
CERTIFICATE = "certificate.until"
"""In `meta`: when the certificate ends that `doctor` saw last."""
DRIFT_WARN = timedelta(seconds=5)
DRIFT_FAIL = timedelta(seconds=60)
FUTURE = timedelta(seconds=30)


def remark(
    topic: str, level: Level, message: str, action: str = "", values: Mapping[str, str | int] | None = None
) -> Remark:
    return Remark(topic, level, message, action, values or {})


# -- name, certificate, clock ----------------------------------------------------------------------------


def unresolved(domain: str, why: str) -> Remark:
    return remark(
        "name",
        Level.FAIL,
        N_("The name %(domain)s cannot be found: %(why)s."),
        N_("Make a DNS record for it that points to this machine or its proxy."),
        {"domain": domain, "why": why},
    )


def resolved(domain: str, addresses: list[str]) -> Remark:
    """A public name that leads to a private address is found by this machine alone."""
    values = {"domain": domain, "addresses": ", ".join(addresses)}
    if _is_loopback_name(domain):
        return remark(
            "name",
            Level.WARN,
            N_("The name %(domain)s exists on this machine only."),
            N_("Fine for a trial. Choose a real name before anybody joins: it cannot change later."),
            values,
        )
    if all(not ipaddress.ip_address(address).is_global for address in addresses):
        return remark(
            "name",
            Level.WARN,
            N_("The name %(domain)s leads to addresses that others cannot reach: %(addresses)s."),
            N_("Ask from outside whether the public DNS record leads to your proxy."),
            values,
        )
    return remark("name", Level.OK, N_("The name %(domain)s leads to %(addresses)s."), values=values)


def unreachable(base: str, address: str, why: str) -> Remark:
    return remark(
        "self",
        Level.FAIL,
        N_("%(base)s does not answer at %(address)s: %(why)s."),
        N_(
            "See that `consilium serve` and the proxy in front of it run, and that the certificate fits the name."
        ),
        {"base": base, "address": address, "why": why},
    )


def identity(unit: Unit, status: int, document: bytes) -> Remark:
    """Whether who answers under our name is this instance: the same actor with the same key."""
    base = unit.context.settings.base
    actor = accounts.get_instance_actor(unit)
    _, key = keys.private(unit, actor.id, "rsa")
    try:
        found = json.loads(document) if status == 200 else {}
        shown = found["publicKey"]["publicKeyPem"] if found.get("id") == actor.uri else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        shown = ""
    if "".join(str(shown).split()) == "".join(key.public.to_pem().split()):
        return remark(
            "self", Level.OK, N_("%(base)s answers, and it is this instance."), values={"base": base}
        )
    return remark(
        "self",
        Level.FAIL,
        N_("Something answers at %(base)s (%(status)s), but it is not this instance."),
        N_("See where the proxy sends this name, and that CONSILIUM_DATA_DIR is the running instance's."),
        {"base": base, "status": status},
    )


def certificate(expires: datetime | None, now: datetime) -> Remark:
    if expires is None:
        return remark("tls", Level.OK, N_("No certificate to check: the instance is on plain http."))
    days = (expires - now).days
    if expires - now < EXPIRES_SOON:
        return remark(
            "tls",
            Level.WARN,
            N_("The certificate ends in %(days)s days."),
            N_("See why your proxy has not renewed it: Caddy does so by itself, certbot by a timer."),
            {"days": days},
        )
    return remark(
        "tls", Level.OK, N_("The certificate is valid for %(days)s more days."), values={"days": days}
    )


def clock(now: datetime, others: Mapping[str, datetime], newest: datetime | None) -> Remark:
    """others: what other clocks say, by name. newest: the last entry that this instance wrote."""
    if newest is not None and newest - now > FUTURE:
        return remark(
            "clock",
            Level.FAIL,
            N_("The clock went backwards: the audit log has an entry of %(newest)s."),
            N_("Set the clock by NTP (`timedatectl set-ntp true`) and look again."),
            {"newest": newest.isoformat(timespec="seconds")},
        )
    drifts = {name: abs(now - other) for name, other in others.items()}
    name = max(drifts, key=lambda one: drifts[one], default="")
    if name and drifts[name] > DRIFT_WARN:
        return remark(
            "clock",
            Level.FAIL if drifts[name] > DRIFT_FAIL else Level.WARN,
            N_("This machine's clock and that of %(name)s differ by %(seconds)s seconds."),
            N_("Set both by NTP: peers refuse signatures of another time."),
            {"name": name, "seconds": int(drifts[name].total_seconds())},
        )
    return remark("clock", Level.OK, N_("The clock agrees with what can be compared here."))


# -- database and work -----------------------------------------------------------------------------------


def no_database(path: str) -> Remark:
    return remark(
        "database",
        Level.FAIL,
        N_("There is no instance in %(path)s yet."),
        N_("Set CONSILIUM_DATA_DIR to its folder, or run `consilium serve` to make one."),
        {"path": path},
    )


def database_broken(why: str) -> Remark:
    return remark(
        "database",
        Level.FAIL,
        N_("The database is not fit: %(why)s"),
        N_("Stop the instance, keep a copy of the file, and restore the last backup."),
        {"why": why},
    )


def migrations(pending: list[str]) -> Remark:
    if pending:
        return remark(
            "schema",
            Level.FAIL,
            N_("The database needs an upgrade (%(revisions)s)."),
            N_("Make a backup, then run `consilium migrate`."),
            {"revisions": ", ".join(pending)},
        )
    return remark("schema", Level.OK, N_("The database's schema is up to date."))


def database(unit: Unit) -> list[Remark]:
    """What the rows say. For a database whose schema is up to date."""
    found = figures.quick_check(unit)
    if found != "ok":
        return [database_broken(found)]
    return [
        remark("database", Level.OK, N_("The database reads and its pages are in order.")),
        _keys(unit),
        _name_kept(unit),
        _parked(unit),
        _people(unit),
    ]


def _keys(unit: Unit) -> Remark:
    try:
        keys.private(unit, accounts.get_instance_actor(unit).id, "rsa")
    except SettingsError:
        return remark(
            "keys",
            Level.FAIL,
            N_("The instance's keys do not open with this secret file."),
            N_("Put back the secret file that belongs to this database."),
        )
    return remark("keys", Level.OK, N_("The instance's keys open."))


def _name_kept(unit: Unit) -> Remark:
    stored, base = meta.get(unit, "base"), unit.context.settings.base
    if stored not in {None, base}:
        return remark(
            "founded",
            Level.FAIL,
            N_("This data belongs to %(stored)s; the settings say %(base)s."),
            N_("Set CONSILIUM_DOMAIN and CONSILIUM_SCHEME back: the name of an instance cannot change."),
            {"stored": str(stored), "base": base},
        )
    return remark("founded", Level.OK, N_("The data belongs to %(base)s."), values={"base": base})


def _parked(unit: Unit) -> Remark:
    counts = backlog.counts(unit)
    given_up = sum(
        counts.get(name, 0) for name in ("inbox.parked", "event.parked", "delivery.parked", "delivery.dead")
    )
    if given_up:
        return remark(
            "queue",
            Level.WARN,
            N_("Pieces of work that were given up: %(number)s."),
            N_(
                "Look at `consilium status --parked`; `consilium instance retry DOMAIN` sends again, "
                "`consilium status --retry` takes up effects again."
            ),
            {"number": given_up},
        )
    return remark("queue", Level.OK, N_("No work was given up."))


def _people(unit: Unit) -> Remark:
    found = figures.people(unit)
    values = {"users": found.users, "admins": found.administrators}
    message = N_("Members: %(users)s, of them administrators: %(admins)s.")
    if not found.administrators:
        action = N_("Make an administrator with `consilium account create NAME --email E --role admin`.")
        return remark("people", Level.WARN, message, action, values)
    if found.administrators == 1 and found.users > 1:
        action = N_("Give a second person the role of administrator, for when the first is away.")
        return remark("people", Level.WARN, message, action, values)
    return remark("people", Level.OK, message, values=values)


def saw_certificate(unit: Unit, until: datetime) -> None:
    """Keeps when the certificate ends, for `status`."""
    meta.put(unit, CERTIFICATE, until.isoformat())


def times(unit: Unit) -> tuple[datetime | None, datetime | None]:
    """When the last audit entry was written, and the database server's clock where it has one."""
    return figures.newest(unit), figures.database_time(unit)


# -- services beside -------------------------------------------------------------------------------------


def redis(problem: str | None) -> Remark:
    if problem is None:
        return remark("redis", Level.OK, N_("Redis answers."))
    return remark(
        "redis",
        Level.FAIL,
        N_("Redis does not answer: %(why)s."),
        N_("Start it, or correct CONSILIUM_REDIS_URL. No work is lost meanwhile, it waits in the database."),
        {"why": problem},
    )


def mail(problem: str | None) -> Remark:
    if problem is None:
        return remark("mail", Level.OK, N_("The mail server answers."))
    return remark(
        "mail",
        Level.FAIL,
        N_("The mail server does not answer: %(why)s."),
        N_("Correct CONSILIUM_SMTP_URL, or leave it empty and hand out links yourself."),
        {"why": problem},
    )


def recordings(missing: Sequence[str]) -> Remark:
    """Without ffmpeg an instance is whole: it refuses videos and sound, and tells apps so."""
    if not missing:
        return remark("media", Level.OK, N_("Videos and sound are taken, outside members-only groups."))
    return remark(
        "media",
        Level.OK,
        N_(
            "Videos and sound are refused, since not installed here: %(programs)s. Whoever wants them installs ffmpeg."
        ),
        values={"programs": ", ".join(missing)},
    )


def settings(given: Settings) -> list[Remark]:
    """Settings that are allowed and still dangerous, or that one forgets."""
    remarks: list[Remark] = []

    def warn(
        condition: object, message: str, action: str, level: Level = Level.WARN, topic: str = "settings"
    ) -> None:
        if condition:
            remarks.append(remark(topic, level, message, action))

    warn(
        given.private_exceptions,
        N_("The instance may dial private addresses (CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES)."),
        N_("Empty this setting on anything but a test machine."),
    )
    warn(
        not given.rate_limits,
        N_("Rate limits are off (CONSILIUM_RATE_LIMITS)."),
        N_("Switch them on: they are off for benchmarks only."),
    )
    warn(
        given.scheme == "http",
        N_("The instance is on plain http: anybody on the way reads everything."),
        N_("Set CONSILIUM_SCHEME=https and put a proxy with a certificate in front."),
    )
    warn(
        _trusts_everybody(given.trusted_proxies),
        N_("Everybody's word about addresses is believed (CONSILIUM_TRUSTED_PROXIES)."),
        N_("List the addresses of your proxies only."),
        Level.FAIL,
    )
    warn(
        not given.smtp_url,
        N_("The instance sends no mail."),
        N_(
            "Set CONSILIUM_SMTP_URL and CONSILIUM_MAIL_FROM, or hand out invitations and reset links yourself."
        ),
        topic="mail",
    )
    warn(
        given.smtp_url and not given.mail_from,
        N_("Mail has no sender."),
        N_("Set CONSILIUM_MAIL_FROM."),
        Level.FAIL,
    )
    warn(
        not given.contact_email,
        N_("Members see no address for questions."),
        N_("Set CONSILIUM_CONTACT_EMAIL."),
    )
    warn(
        given.public_pages and given.posts is PostsCeiling.PUBLIC,
        N_("Posts may be public and anybody may read them here."),
        N_("Unless you want that, set CONSILIUM_POSTS=followers or CONSILIUM_PUBLIC_PAGES=off."),
    )
    return remarks or [remark("settings", Level.OK, N_("No setting is dangerous."))]


def _trusts_everybody(proxies: str) -> bool:
    for part in (part.strip() for part in proxies.split(",")):
        try:
            if part and ipaddress.ip_network(part, strict=False).prefixlen == 0:
                return True
        except ValueError:
            return part == "*"
    return False


def _is_loopback_name(domain: str) -> bool:
    host = domain.rsplit(":", 1)[0]
    return host == "localhost" or host.endswith(".localhost")
