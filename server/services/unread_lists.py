"""That a partner cannot read the lists by which this instance takes back what it attests: told with the probe, by who cannot read them.

A partner suspends what we attest after three days of that, so that the administrators here are told as early as those there. It is
no proof of anything: whoever says so is the partner, and what the first page says of it goes with the next probe that does not.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from federation.types import Origin
from server.core.clock import iso
from server.domain.signin import MailKind
from server.domain.users import Role
from server.services import audit, mail
from server.services.verification import received
from server.store import meta, users
from server.store.session import Unit

_SAID = "status_lists.unread"


def since(unit: Unit, domain: Origin) -> datetime | None:
    """Since when the lists of an issuer were not read here; None for less than a day."""
    return next((began for issuer, began in received.silent(unit) if issuer == domain), None)


def heard(unit: Unit, domain: Origin, began: datetime | None) -> None:
    """A partner's probe says since when it has not read our lists, or nothing of it."""
    said = by_partner(unit)
    word = None if began is None or began > unit.now else iso(began)
    if said.get(domain) == word:
        return
    others = {one: at for one, at in said.items() if one != domain}
    meta.put(unit, _SAID, msgspec.json.encode(others if word is None else {**others, domain: word}).decode())
    audit.record(unit, domain, "status_list.unread", domain, since=word or "")
    if word is not None and domain not in said:
        page = f"{unit.context.settings.base}/admin/partners/{domain}"
        for address, language in users.addresses_of_role(unit, Role.ADMIN):
            mail.queue(unit, MailKind.LISTS_UNREAD, address, language, f"{domain}, {word}\n{page}")


def by_partner(unit: Unit) -> dict[Origin, str]:
    """Who said so with the last probe, and since when."""
    return msgspec.json.decode(meta.get(unit, _SAID) or "{}", type=dict[Origin, str])
