"""What the composition root hands to the web: complete, or it does not start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.core.context import Context
from server.core.i18n import Catalogue
from server.web.kit.limits import Limiter
from server.web.kit.unit import Units

if TYPE_CHECKING:
    from server.activitypub.egress import Egress
    from server.activitypub.ingress import Ingress
    from server.web.kit.auth import Principals
    from server.web.kit.pages import Pages


@dataclass(frozen=True, slots=True)
class House:
    """ingress, egress: the two gates. principals: tokens believed. pages: templates. media: the vault."""

    context: Context
    units: Units
    catalogue: Catalogue
    limiter: Limiter
    principals: Principals
    pages: Pages
    ingress: Ingress
    egress: Egress
    media: Any
    health: Any
