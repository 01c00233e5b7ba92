"""What makes our pages an app on a phone: the manifest, the service worker, and the page for when there is no connection.

The worker keeps the shell and this one page, and nothing that anybody wrote; where the institution allows it, pages of groups
that were opened here, for a day.
"""

from __future__ import annotations

from starlette.responses import Response

from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.site.front import FILES

POLICY = "default-src 'none'; connect-src 'self'"
"""Of the worker: it loads nothing but what is ours."""
KEEPS_GROUPS = b"const KEEPS_GROUPS = "
"""In the worker: with another value it is another worker, which browsers then fetch and begin anew with."""
GROUND, ACCENT = "#f6f7f5", "#0b6157"


async def manifest(call: Call) -> Response:
    title = call.context.settings.title
    icons = [
        {
            "src": f"/static/icon-{size}.png",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": "/home",
        "name": title,
        "short_name": title[:12],
        "lang": call.translator.language,
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": ACCENT,
        "icons": icons,
    }
    return responses.json(told, media_type="application/manifest+json")


async def worker(call: Call) -> Response:
    """At the root, since a worker rules over no path above its own."""
    body = FILES["service-worker.js"]
    if call.context.settings.offline_groups:
        body = body.replace(KEEPS_GROUPS + b"false", KEEPS_GROUPS + b"true", 1)
    headers = {"Content-Security-Policy": POLICY}
    return responses.raw(body, headers=headers, media_type="text/javascript; charset=utf-8")


async def offline(call: Call) -> Response:
    return html.page(call, "site/offline.html")
