"""The routes of federation."""

from __future__ import annotations

from server.web.activitypub import discovery, documents, inbox, probes
from server.web.kit.routing import Auth, Cache, Handler, Rate, Route, Sees

INBOX_BODY = 1024 * 1024
LANE_BODY = 64 * 1024


def _fetched(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, Auth.SIGNATURE, Sees.PEER, Rate.PEERS)


def _told(path: str, handler: Handler, cache: Cache = Cache.SHORT) -> Route:
    return Route("GET", path, handler, Auth.NONE, Sees.PUBLIC, Rate.PEERS, cache, cors=True)


ROUTES = (
    Route("POST", "/inbox", inbox.receive, Auth.SIGNATURE, Sees.NOTHING, Rate.INBOX, max_body=INBOX_BODY),
    Route(
        "POST",
        "/actors/{id}/inbox",
        inbox.receive,
        Auth.SIGNATURE,
        Sees.NOTHING,
        Rate.INBOX,
        max_body=INBOX_BODY,
    ),
    Route(
        "POST", "/actor/inbox", inbox.receive, Auth.SIGNATURE, Sees.NOTHING, Rate.INBOX, max_body=INBOX_BODY
    ),
    Route("POST", "/lane", inbox.lane, Auth.SIGNATURE, Sees.NOTHING, Rate.LANE, max_body=LANE_BODY),
    _told("/actor", documents.instance_actor),
    _fetched("/actors/catalogue", documents.catalogue),
    _fetched("/actors/inventory", documents.inventory),
    _fetched("/actors/{id}", documents.actor),
    _fetched("/actors/{id}/outbox", documents.collection),
    _fetched("/actors/{id}/followers", documents.collection),
    _fetched("/actors/{id}/following", documents.collection),
    _fetched("/actors/{id}/stream", documents.stream),
    _fetched("/objects/probe", probes.canary),
    _fetched("/media/probe", probes.canary_media),
    _fetched("/actors/{id}/affiliations", documents.roster),
    _fetched("/actors/{id}/moderators", documents.moderators),
    _fetched("/actors/{id}/featured", documents.featured),
    _fetched("/objects/{id}", documents.obj),
    _fetched("/activities/{id}", documents.activity),
    _fetched("/media/{digest}", documents.media),
    _fetched("/status/{n}", documents.status_list),
    _told("/.well-known/webfinger", discovery.webfinger),
    _told("/.well-known/nodeinfo", discovery.nodeinfo_index),
    _told("/.well-known/host-meta", discovery.host_meta, Cache.DAY),
    _told("/.well-known/host-meta.json", discovery.host_meta_json, Cache.DAY),
    _told("/nodeinfo/2.0", discovery.nodeinfo),
    _told("/nodeinfo/2.1", discovery.nodeinfo),
)
