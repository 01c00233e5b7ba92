"""Where one is signed in: browsers and apps, each to be ended; and what to do when the phone is lost."""

from __future__ import annotations

from starlette.responses import Response

from server.services import sessions
from server.web.kit import forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.site.security import signed

HERE = "/settings/sessions"
# the first sign that is found counts: most browsers name others as well
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


async def show(call: Call) -> Response:
    session = signed(call)
    return html.page(
        call,
        "site/sessions.html",
        browsers=[(one, named(one.agent)) for one in await call.read(sessions.of_user, session.user_id)],
        apps=await call.read(sessions.apps_of, session.user_id),
        lost=call.request.query_params.get("lost") == "done",
    )


def named(agent: str) -> str:
    """The browser and the device of a User-Agent, as people call them; "" where it names none that is known."""
    browser = next((words for sign, words in BROWSERS if sign in agent), "")
    device = next((words for sign, words in DEVICES if sign in agent), "")
    return ", ".join(part for part in (browser, device) if part)


async def end(call: Call) -> Response:
    """Ends a browser's session; one's own too."""
    session = signed(call)
    await call.write(sessions.end, session.user_id, call.id("session"))
    return responses.redirect(HERE)


async def revoke(call: Call) -> Response:
    """Takes an app's token back."""
    session = signed(call)
    await call.write(sessions.revoke_app, session.user_id, call.id("token"))
    return responses.redirect(HERE)


async def lost_phone(call: Call) -> Response:
    """Ends every app and every other browser; forgets the second factors too where asked."""
    session = signed(call)
    fields = await forms.body(call)
    factors = forms.truth(fields.get("factors")) is True
    if factors:
        demand_fresh(call)
    await call.write(sessions.lost_phone, session.user_id, session.id, factors=factors)
    return responses.redirect(f"{HERE}?lost=done")
