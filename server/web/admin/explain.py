"""Why a post of ours crosses to another institution, waits or stays: each action with the rules that decide, in words.

Of the post itself it shows nothing: neither its text nor who wrote it.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import N_
from server.domain.boundary import Action
from server.services import explanations, instances
from server.services.explanations import Explained
from server.web.kit import errors, html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

LONGEST = 500
ACTIONS = {
    Action.DELIVER: N_("Sending it there"),
    Action.FETCH: N_("Giving it out when they ask for it"),
    Action.MEDIA: N_("Giving out its pictures and files"),
}


async def show(call: Call) -> Response:
    """Asks for a post and an institution; with both, answers."""
    query = call.request.query_params
    post, peer = (query.get(name, "").strip()[:LONGEST] for name in ("post", "peer"))
    found: list[Explained] = []
    problem = None
    if post or peer:
        try:
            found = await call.read(_explain, post, peer)
        except AppError as error:
            problem = error
    words = call.translator
    return html.page(
        call,
        "admin/explain.html",
        problem.status if problem else 200,
        post=post,
        peer=peer,
        known=await call.read(explanations.peers),
        found=[
            {
                "action": words.raw(ACTIONS[one.action]),
                "effect": one.decision.effect.value,
                "because": [explanations.sentence(each, words) for each in one.because],
            }
            for one in found
        ],
        addressed=all(one.addressed for one in found),
        error=errors.sentence(problem, words) if problem else None,
    )


def _explain(unit: Unit, post: str, peer: str) -> list[Explained]:
    if not post or not peer:
        raise Invalid("Please give both a post and an institution")
    return explanations.post(unit, explanations.of_ours(unit, post), [instances.canonical(peer)])
