"""What the composition root hands to the web: complete, or it does not start."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.activitypub.egress import Egress
from server.activitypub.ingress import Ingress
from server.core.context import Context
from server.core.i18n import Catalogue
from server.core.metrics import Metrics
from server.media.images import ImageWorkshop
from server.media.recordings import RecordingWorkshop
from server.media.vault import Vault
from server.pubsub.hub import Hub
from server.web.kit.auth import Principals
from server.web.kit.evaluation import Evaluation
from server.web.kit.health import Health
from server.web.kit.limits import Limiter
from server.web.kit.pages import Pages
from server.web.kit.prepared import Prepared
from server.web.kit.reads import Reads
from server.web.kit.unit import Units


@dataclass(frozen=True, slots=True)
class House:
    """ingress, egress: the two gates. principals: tokens believed. pages: templates. media: the vault.

    workshop: cleans images. recordings: cleans videos and sound. hub: open streams. evaluation: whether no patient data may be here.
    reads: who reads what in members-only groups.
    """

    context: Context
    units: Units
    catalogue: Catalogue
    limiter: Limiter
    principals: Principals
    pages: Pages
    ingress: Ingress
    egress: Egress
    media: Vault
    health: Health
    metrics: Metrics
    reads: Reads
    prepared: Prepared = field(default_factory=Prepared)
    evaluation: Evaluation = field(default_factory=Evaluation)
    hub: Hub = field(default_factory=Hub)
    workshop: ImageWorkshop = field(default_factory=ImageWorkshop)
    recordings: RecordingWorkshop = field(default_factory=lambda: RecordingWorkshop(ImageWorkshop()))
