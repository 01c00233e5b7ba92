"""`/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import hmac

from starlette.responses import Response

from server.core.errors import NotFound
from server.core.metrics import CONTENT_TYPE
from server.web.kit import responses
from server.web.kit.auth import bearer
from server.web.kit.call import Call
from server.web.kit.routing import Auth, Rate, Route, Sees


async def healthz(_call: Call) -> Response:
    """The process answers."""
    return responses.json({"status": "ok"})


async def readyz(call: Call) -> Response:
    """Database and disk are fit; 503 names what is not. Without its queue's hints the instance works on, only slower."""
    parts = await call.house.health.ready()
    fit = all(well for part, well in parts.items() if part != "queue")
    status = "not ready" if not fit else "ok" if parts["queue"] else "degraded"
    return responses.json({"status": status, **parts}, 200 if fit else 503)


async def metrics(call: Call) -> Response:
    """For the monitoring, with the token of CONSILIUM_METRICS_TOKEN; without one this does not exist."""
    expected, given = call.context.settings.metrics_token, bearer(call.request)
    if not expected or given is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotFound
    return Response(call.house.metrics.text(), 200, {"Content-Type": CONTENT_TYPE})


ROUTES = (
    Route("GET", "/healthz", healthz, Auth.NONE, Sees.NOTHING, Rate.FREE),
    Route("GET", "/readyz", readyz, Auth.NONE, Sees.NOTHING, Rate.FREE),
    Route("GET", "/metrics", metrics, Auth.METRICS, Sees.NOTHING, Rate.FREE),
)
