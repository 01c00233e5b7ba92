"""The story for a hospital's board: the houses of the demo do each step for real, and answer what they saw of it.

A step that is tried again after it broke off does not do again what it had done already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from server.cli import demo_answers as answers
from server.cli.demo_answers import Decided
from server.cli.demo_group import gone, identifies, in_group, join, say, verify
from server.cli.demo_scenes import Line, Mark, Scene
from server.cli.demo_story import Place, Story, StoryFailed
from server.core.clock import iso
from server.core.i18n import N_, Translator
from server.domain.boundary import Direction, Effect
from server.services.traces import Line as Traced

GROUP = "rounds"
NOTIFY_WITHIN = timedelta(hours=72)
QUESTION = N_(
    "Synthetic case: palpitations after a marathon, a regular rhythm of 150. What would you do first?"
)
ANSWER = N_("Slow it first, then look again: flutter with 2:1 conduction.")
SLIP = N_("The same rhythm again, in Ada Example of ward nine (an invented name).")


@dataclass(frozen=True, slots=True)
class Step:
    """title: of what the next press does. take: does it; posts are written in the language of whoever pressed."""

    title: str
    take: Callable[[Translator], Scene]


@dataclass(slots=True)
class Written:
    """A post of the story. status: None until it is posted."""

    words: str = ""
    status: dict[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return str(self.status["uri"])


class Board:
    """The hospital hosts a group; the clinic and the society are partners, and do not get the same.

    `prepare` once, after the houses have become partners; then each of `steps`, in order. Both raise StoryFailed.
    """

    def __init__(self, story: Story, hospital: Place, clinic: Place, society: Place, stranger: Place) -> None:
        self._story = story
        self._hospital = hospital
        self._clinic = clinic
        self._society = society
        self._stranger = stranger
        self._handle = f"@{GROUP}@{hospital.domain}"
        self._case, self._answer, self._slip = Written(), Written(), Written()
        self._hidden_after: float | None = None
        self._purged = False
        self.steps = (
            Step(N_("A doctor asks on a phone"), self._ask),
            Step(N_("An answer is held"), self._hold),
            Step(N_("A person lets it go"), self._release),
            Step(N_("An outsider sees nothing"), self._outsider),
            Step(N_("A name slips in, and the clock runs"), self._name_slips_in),
            Step(N_("Who may have seen it, and the proof of deletion"), self._proof),
            Step(N_("What we cannot promise"), self._promises),
        )

    def prepare(self) -> None:
        """The hospital's group with its members, and the rules that two houses have made."""
        hospital, clinic, society = self._hospital, self._clinic, self._society
        verify(hospital)
        hospital.command(
            *("group", "create", GROUP, "--title", "Difficult cases", "--specialty", "cardiology"),
            *("--admission", "automatic", "--class", "case", "--founder", hospital.person.name),
        )
        for house in (clinic, society):
            join(self._story, house, self._handle)
        hospital.command(
            "policy", "link", "peer-no-cases", "house.no-cases-to-the-society", "--peer", society.domain
        )
        clinic.command("policy", "link", "hold-above-discussion", "house.cases-wait")

    def opening(self) -> Scene:
        """Before the first step."""
        return self._scene(
            N_("Three houses, one closed group"),
            (
                N_(
                    "Three servers run on this machine, one for each house. Everything is real but the patients."
                ),
                N_(
                    "St Camillus Hospital hosts a closed group of cardiologists, and each house vouches for its doctor. "
                    "Nothing crosses to another house unless a rule permits it."
                ),
            ),
            [Line(N_("Its own rule: the society receives no cases."))],
            [Line(N_("Its own rule: cases wait for a person before they leave."))],
            [Line(N_("It has made no rule of its own."))],
        )

    # -- the steps -------------------------------------------------------------------------------------------

    def _ask(self, words: Translator) -> Scene:
        hospital, clinic, society = self._hospital, self._clinic, self._society
        self._write(hospital, self._case, words.gettext(QUESTION))
        self._story.until("the case is at the clinic", partial(in_group, clinic, self._case.words))
        sent = self._decided(self._case, hospital, clinic, Effect.ALLOW)
        kept = self._decided(self._case, hospital, society, Effect.DENY)
        taken = self._decided(self._case, clinic, hospital, Effect.ALLOW, Direction.IN)
        return self._scene(
            self.steps[0].title,
            (
                N_("Dr Diallo asks the group on her phone. One hospital gets it, the society does not."),
                N_("“Why?” opens the rule, with the number of the decision in the house's log."),
            ),
            [
                Line(
                    N_("Written in the group, as a case."),
                    facts=(f"POST {hospital.settings.base}/api/v1/statuses → 200", self._case.uri),
                ),
                answers.by_rule(N_("Sent to %(house)s."), clinic, sent, Mark.CROSSED),
                answers.by_rule(N_("Kept from %(house)s."), society, kept, Mark.REFUSED),
            ],
            [
                answers.by_rule(
                    N_("Arrived from %(house)s, signed, and let in."), hospital, taken, Mark.CROSSED
                )
            ],
            [self._nothing(self._case.uri)],
        )

    def _hold(self, words: Translator) -> Scene:
        hospital, clinic = self._hospital, self._clinic
        asked = in_group(clinic, self._case.words)
        if asked is None:
            raise StoryFailed("the case is not at the clinic any more")
        self._write(clinic, self._answer, words.gettext(ANSWER), in_reply_to_id=asked["id"])
        held, why = self._story.until("the answer waits", partial(answers.held, clinic, hospital))
        if self._answered():
            raise StoryFailed("the answer crossed although it is held")
        return self._scene(
            self.steps[1].title,
            (
                N_("Dr Tanaka answers. Her own house wants a person to look at every case before it leaves."),
                N_("Until then nothing of the answer is anywhere else."),
            ),
            [Line(N_("No answer has arrived."))],
            [
                Line(
                    N_("The answer waits for a person since %(at)s."),
                    {"at": held.at},
                    Mark.WAITS,
                    why,
                    (f"consilium review list → {held.id}", held.subject),
                )
            ],
            [self._nothing(self._answer.uri)],
        )

    def _release(self, _: Translator) -> Scene:
        hospital, clinic = self._hospital, self._clinic
        facts: tuple[str, ...] = ()
        if (waiting := answers.held(clinic, hospital)) is not None:
            number = str(waiting[0].id)
            facts = (
                f"consilium review release {number} → {clinic.command('review', 'release', number).strip()}",
            )
        self._story.until("the answer is in the thread", self._answered)
        return self._scene(
            self.steps[2].title,
            (
                N_("A reviewer at the clinic lets the answer go, by one command or one button."),
                N_(
                    "The rules are asked once more at that moment, and who let it go stands in the audit log."
                ),
            ),
            [
                Line(N_("The answer has arrived."), mark=Mark.CROSSED, facts=(self._answer.uri,)),
            ],
            [Line(N_("A person let the answer go."), mark=Mark.CROSSED, facts=facts)],
            [self._nothing(self._answer.uri)],
        )

    def _outsider(self, _: Translator) -> Scene:
        hospital, clinic, society = self._hospital, self._clinic, self._society
        uri, path = self._case.uri, f"/api/v1/statuses/{self._case.status['id']}"
        token = {"Authorization": f"Bearer {hospital.command('account', 'token', 'colleague').strip()}"}
        own = hospital.client.get(path, headers=token).status_code
        never = hospital.client.get("/api/v1/statuses/1", headers=token).status_code
        asked = in_group(clinic, self._case.words) or {}
        there = f"/api/v1/statuses/{asked['id']}"
        world = clinic.client.get(there).status_code
        if {own, never, world} != {httpx.codes.NOT_FOUND}:
            raise StoryFailed(f"outsiders were answered {own}, {never}, {world}")
        searched = [answers.search(place, uri) for place in (self._stranger, society)]
        return self._scene(
            self.steps[3].title,
            (
                N_(
                    "A colleague who is no member, a house that nobody knows, the internet and the society ask for the case."
                ),
                N_("Nobody learns even that it exists: the answer is that of a post which never was."),
            ),
            [
                Line(
                    N_("A colleague in the same hospital who is no member asks: not found."),
                    mark=Mark.REFUSED,
                    facts=(f"GET {path} → {own}", f"GET /api/v1/statuses/1 → {never}"),
                ),
                Line(
                    N_("A house that nobody knows asks, signed with its own key: nothing."),
                    mark=Mark.REFUSED,
                    facts=(searched[0],),
                ),
            ],
            [
                Line(
                    N_("Somebody on the internet asks here: not found."),
                    mark=Mark.REFUSED,
                    facts=(f"GET {there} → {world}",),
                )
            ],
            [
                Line(
                    N_(
                        "Dr Meyer is a member and has the address. He gets nothing either, by the hospital's rule."
                    ),
                    mark=Mark.REFUSED,
                    why=answers.refusal(hospital, society, uri),
                    facts=(searched[1],),
                )
            ],
        )

    def _name_slips_in(self, words: Translator) -> Scene:
        hospital, clinic = self._hospital, self._clinic
        self._write(hospital, self._slip, words.gettext(SLIP))
        if self._hidden_after is None:
            seen = self._story.until("the post is at the clinic", partial(in_group, clinic, self._slip.words))
            began = time.monotonic()
            clinic.call("POST", "/api/v1/reports", json=identifies(clinic, seen))
            for house in (clinic, hospital):
                self._story.until("the post is hidden", partial(gone, house, self._slip.words))
            self._hidden_after = time.monotonic() - began
        uri = self._slip.uri
        incident = self._story.until("the incident is open", partial(answers.incident, hospital, uri))
        return self._scene(
            self.steps[4].title,
            (
                N_(
                    "A patient's name stands in a post. A colleague presses “contains something that identifies a patient”."
                ),
                N_(
                    "It is hidden in every house at once, before anybody decides. In Europe, a notification is due within 72 hours."
                ),
            ),
            [
                Line(
                    N_("The incident is open since %(at)s; a notification would be due by %(due)s."),
                    {"at": incident.opened_at, "due": incident.opened_at + NOTIFY_WITHIN},
                    Mark.WAITS,
                    facts=(f"consilium group incident list → {iso(incident.opened_at)}", uri),
                    running=incident.opened_at,
                )
            ],
            [
                Line(
                    N_(
                        "Dr Tanaka pressed the button. It was hidden in both houses after %(seconds)s seconds."
                    ),
                    {"seconds": f"{self._hidden_after:.1f}"},
                    Mark.REFUSED,
                    facts=("POST /api/v1/reports → 200",),
                )
            ],
            [self._nothing(uri)],
        )

    def _proof(self, _: Translator) -> Scene:
        hospital, clinic = self._hospital, self._clinic
        uri = self._slip.uri
        if not self._purged:
            hospital.command("group", "incident", "purge", uri)
            self._purged = True
        trace = self._story.until(
            "every receipt is in", partial(answers.trace, hospital, int(self._slip.status["id"]))
        )
        command = (f"consilium group incident purge {uri}",)
        ledger = [line for one in trace.lines for line in self._of_ledger(one)]
        members = str(answers.members_of(hospital, GROUP, clinic))
        return self._scene(
            self.steps[5].title,
            (
                N_(
                    "The hospital's ledger names every house that may have the post, since when, and by which rule."
                ),
                N_(
                    "Each was asked to delete it and has answered with a signed receipt, which the author can keep."
                ),
            ),
            [Line(N_("The hospital has it purged everywhere. It cannot be undone."), facts=command), *ledger],
            [Line(N_("Members of the group there, who could have read it: %(count)s."), {"count": members})],
            [self._nothing(uri)],
        )

    def _promises(self, _: Translator) -> Scene:
        return self._scene(
            self.steps[6].title,
            (
                N_("Readers can photograph a screen, and members can copy what they read."),
                N_(
                    "A receipt proves that the other house has signed. It does not prove that it has forgotten."
                ),
                N_(
                    "What was delivered to another house is in that house's hands; its administrator can read it."
                ),
                N_("The ledger tells which houses may have a post. Who looked at a screen it does not tell."),
                N_("Your own administrators can read what is stored: posts are not encrypted end to end."),
                N_("Each house vouches for its people. If it verifies them carelessly, others are misled."),
            ),
            [],
            [],
            [],
        )

    # -- what steps share ------------------------------------------------------------------------------------

    def _scene(
        self, title: str, told: tuple[str, ...], hospital: list[Line], clinic: list[Line], society: list[Line]
    ) -> Scene:
        columns = zip((self._hospital, self._clinic, self._society), (hospital, clinic, society), strict=True)
        return Scene(title, told, tuple(answers.column(place, GROUP, lines) for place, lines in columns))

    def _write(self, place: Place, post: Written, words: str, **fields: Any) -> None:
        """Once, however often the step is tried. An answer needs no address: it follows what it answers."""
        if not post.status:
            text = words if fields else f"{self._handle} {words}"
            post.status = say(place, text, **fields)
            post.words = words

    def _decided(
        self,
        post: Written,
        house: Place,
        other: Place,
        effect: Effect,
        direction: Direction = Direction.OUT,
    ) -> Decided:
        """What a house decided after a post was written."""
        found: Decided = self._story.until(
            f"{house.name} has decided about {other.name}",
            lambda: answers.decided(house, other, effect, direction, post.status["created_at"]),
        )
        return found

    def _answered(self) -> bool:
        return Story.in_thread(self._hospital, self._case.status["id"], self._answer.words)

    def _nothing(self, uri: str) -> Line:
        """Raises StoryFailed where the society knows the post."""
        if not answers.knows_nothing(self._society, uri):
            raise StoryFailed("the society has what it must not have")
        return Line(N_("Nothing has arrived: there is no trace of it in this house."), mark=Mark.REFUSED)

    def _of_ledger(self, one: Traced) -> list[Line]:
        """Since when a house may have a post, and its receipt."""
        places = (self._hospital, self._clinic, self._society)
        house = next(place.settings.title for place in places if place.domain == one.host)
        lines = []
        if one.entry is not None:
            why = answers.rules_in_words(self._hospital, one.entry.rule)
            message, since = N_("%(house)s may have it since %(at)s."), one.entry.since
            lines.append(Line(message, {"house": house, "at": since}, Mark.CROSSED, why))
        if one.asked is not None and one.asked.receipt:
            document = answers.document(one.asked.receipt)
            message = N_("%(house)s has stated, signed, that it is gone there.")
            lines.append(Line(message, {"house": house}, Mark.PROVEN, document=document))
        return lines
