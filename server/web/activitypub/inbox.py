"""Inboxes: one function for all of them, and the lane. 202 only after the commit."""

from __future__ import annotations

from starlette.responses import Response

from server.activitypub.ingress import Answer
from server.web.activitypub.frames import frame
from server.web.kit import responses
from server.web.kit.call import Call

SENTENCES = {
    202: "Accepted",
    400: "The activity could not be read",
    401: "A valid signature is required",
    403: "Not allowed",
    409: "This id was used for another activity",
    413: "The activity is too large",
    503: "Please try again later",
}


async def lane(call: Call) -> Response:
    """Purges and receipts, also of instances that are paused or ended here."""
    return _answered(await call.house.ingress.accept_lane(await frame(call, with_body=True)))


async def receive(call: Call) -> Response:
    """The shared inbox and every actor's own: who is addressed stands in the activity."""
    return _answered(await call.house.ingress.accept(await frame(call, with_body=True)))


def _answered(answer: Answer) -> Response:
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else None
    if answer.status == 202:
        return Response(b"", 202)
    return responses.json({"error": SENTENCES.get(answer.status, "Refused")}, answer.status, headers)
