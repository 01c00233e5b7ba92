"""The one gate in, and the one place from which remote documents are looked up."""

from federation.inbound import Refusal, SignedBy
from server.activitypub.ingress.catalogue import CatalogueReader
from server.activitypub.ingress.federation_list_reader import FederationListReader
from server.activitypub.ingress.gate import Answer, Ingress
from server.activitypub.ingress.inventory import InventoryReader
from server.activitypub.ingress.keys import KeyRing
from server.activitypub.ingress.lane import LaneGate
from server.activitypub.ingress.lookup import Lookup
from server.activitypub.ingress.probes import Edges
from server.activitypub.ingress.pull import Puller
from server.activitypub.ingress.roster import RosterReader
from server.activitypub.ingress.status_lists import StatusListReader
from server.activitypub.ingress.trust import TrustTable

__all__ = [
    "Answer",
    "CatalogueReader",
    "Edges",
    "FederationListReader",
    "Ingress",
    "InventoryReader",
    "KeyRing",
    "LaneGate",
    "Lookup",
    "Puller",
    "Refusal",
    "RosterReader",
    "SignedBy",
    "StatusListReader",
    "TrustTable",
]
