"""What a pause, its end, or the end of the relation with an instance brings, said in numbers before it happens."""

from __future__ import annotations

from collections.abc import Iterable

from federation.types import Origin
from server.core.i18n import N_
from server.domain.consequences import Consequences, Step
from server.store import consequences as rows
from server.store.session import Unit

_CONCERNED = N_(
    "Members of theirs in groups here: %(theirs)s. Members of ours in groups there: %(ours)s. Groups concerned: %(groups)s. "
    "Follows: %(follows)s."
)
_SENTENCES: dict[Step, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    Step.ALLOW: (
        (N_("It is connected: ordinary posts, follows, answers and messages cross, in both directions."),),
        (
            N_("Cases cross only to partners: pair with it for that."),
            N_("Its page pauses it or ends everything with it."),
        ),
        (N_("What was sent can be asked back, and whether it is removed there is theirs to prove."),),
    ),
    Step.BLOCK: (
        (N_("It is listed as ended, and what it sends is refused as before."),),
        (N_("Only `consilium instance allow` on the command line connects it after all."),),
        (N_("Nothing. No membership ends, and nothing is asked back."),),
    ),
    Step.PAUSE: (
        (
            N_("Nothing crosses any more, in either direction; what came from there is not shown meanwhile."),
            _CONCERNED,
            N_("These memberships are interrupted until it is over, and the members here are told."),
            N_(
                "What waits to be sent is cancelled, but for removals, corrections of posts that have arrived there, and what members-only groups exchange. These, and what "
                "was received, go on when the pause ends. Waiting to be sent: %(outgoing)s, received: %(incoming)s."
            ),
        ),
        (
            N_(
                "“Resume” ends the pause. Of what is said here meanwhile, only removals and corrections of posts that had arrived there are sent afterwards."
            ),
        ),
        (N_("What was cancelled is not sent later. No membership ends, and nothing is asked back."),),
    ),
    Step.RESUME: (
        (
            N_("Everything crosses as before the pause."),
            _CONCERNED,
            N_("These memberships go on as soon as it is a partner, and the members here are told."),
            N_("What waits goes on: to be sent %(outgoing)s, received %(incoming)s."),
        ),
        (N_("Their next probe decides whether they are a partner again."),),
        (N_("What goes on cannot be called back unread; it can be asked back."),),
    ),
    Step.END: (
        (
            N_(
                "Nothing crosses any more, in either direction, and what waits to be sent is cancelled: %(outgoing)s."
            ),
            N_("These memberships and follows end, and the members here are told."),
            _CONCERNED,
            N_("They are asked to remove what they were given: %(posts)s."),
        ),
        (
            N_(
                "Each removal is answered with a signed receipt. What is not answered within a day is listed as overdue. A "
                "receipt proves that they said so, nothing else."
            ),
        ),
        (
            N_(
                "What was ended and removed does not come back. To connect again, both sides pair anew and members join anew."
            ),
        ),
    ),
}


def of(unit: Unit, step: Step, domains: Iterable[Origin]) -> Consequences:
    """Of one instance, or of several together."""
    return Consequences(rows.counts(unit, sorted(domains)), *_SENTENCES[step])
