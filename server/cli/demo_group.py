"""The part of the demo's story that only verified members of partners may see: a closed group of three houses.

What administrators do is done by the commands that they would type; what doctors do, through the client API and the
page that a message leads to.
"""

from __future__ import annotations

import json
import re
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from server.cli.demo_story import Place, Story, StoryFailed, electrocardiogram

UNTIL = "2099-12-31"
QUESTION = "A synthetic trace for the group: which rhythm"
ANSWER = "Flutter, and I would slow it first"
SLIP = "The same rhythm again in Ada Example of ward nine"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_VERSION = re.compile(r'name="rules_version" value="(\d+)"')


class GroupChapter:
    """Told after the first part: hospital and society are connected, and each house has its doctor."""

    def __init__(self, story: Story, hospital: Place, clinic: Place, society: Place) -> None:
        self._story = story
        self._hospital = hospital
        self._clinic = clinic
        self._society = society

    def tell(self) -> None:
        """Raises StoryFailed at the first step that was not seen."""
        self._become_partners()
        handle = self._found()
        for house in (self._hospital, self._clinic):
            self._join(house, handle)
        question, answer = self._discuss(handle)
        self._outsider(answer)
        self._name_slips_in(handle)
        self._withdraw(question)
        self._revoke(answer)

    def _become_partners(self) -> None:
        story, society = self._story, self._society
        story.title(
            "Administrators become partners: cards, fingerprint, agreement, a probe in both directions"
        )
        houses = (self._hospital, self._clinic, society)
        cards = {place.name: json.loads(place.command(*_card(place))) for place in houses}
        pairs = [(one, other) for one in houses for other in houses if one is not other]
        for here, there in pairs:
            with TemporaryDirectory() as folder:
                file = Path(folder) / "card.json"
                file.write_text(json.dumps(cards[there.name]), encoding="utf-8")
                here.command(
                    *("instance", "pair", str(file), "--fingerprint", cards[there.name]["fingerprint"]),
                    *("--agreement", "demo agreement", "--until", UNTIL, "--yes"),
                )
        for here, there in pairs:
            here.command("instance", "test", there.domain)
            story.crossed(here, there, "a canary went out, was answered, taken back, and its end receipted")

    def _found(self) -> str:
        story, society = self._story, self._society
        story.title("The society verifies its doctor and founds a closed group")
        verify(society)
        society.command(
            *("group", "create", "cardiology", "--title", "Cardiology of the region"),
            *("--specialty", "cardiology", "--admission", "automatic"),
            *("--founder", society.person.name, "--listed"),
        )
        story.say("members only; who fits its conditions is admitted at once")
        return f"@cardiology@{society.domain}"

    def _join(self, house: Place, handle: str) -> None:
        story = self._story
        story.title(f"The doctor of the {house.name} joins with a credential")
        verify(house)
        join(story, house, handle)
        story.say(
            "following in the app asked; a message led to the page that says who can read what is written"
        )
        story.crossed(
            house, self._society, "Join, with what was checked of the profession; answered with Accept"
        )

    def _discuss(self, handle: str) -> tuple[str, str]:
        """The ids of question and answer, at the hospital."""
        story, hospital, clinic, society = self._story, self._hospital, self._clinic, self._society
        story.title("A case with a picture is discussed in the group")
        files = {"file": ("trace.png", electrocardiogram(), "image/png")}
        media = hospital.call("POST", "/api/v2/media", files=files, data={"description": "A drawn rhythm"})
        asked: str = say(hospital, f"{handle} {QUESTION}?", media_ids=[media["id"]])["id"]
        for house in (society, clinic):
            story.until("the post is in the group", partial(in_group, house, QUESTION))
            story.crossed(hospital, house, "Create, signed by the author and announced by the group")
        seen = in_group(clinic, QUESTION)
        assert seen is not None
        say(clinic, ANSWER, in_reply_to_id=seen["id"])
        answer: str = story.until("the answer is in the thread", lambda: _answer(hospital, asked))
        story.crossed(clinic, hospital, "the answer, by way of the group")
        return asked, answer

    def _outsider(self, answer: str) -> None:
        story, hospital = self._story, self._hospital
        story.title("A colleague of the same hospital, who is no member, looks for it")
        hospital.command(
            "account", "create", "colleague", "--email", "colleague@example.org", "--password", _PASSWORD
        )
        token = hospital.command("account", "token", "colleague").strip()
        for path in (f"/api/v1/statuses/{answer}", f"/api/v1/statuses/{answer}/context"):
            got = hospital.client.get(path, headers={"Authorization": f"Bearer {token}"})
            if got.status_code != httpx.codes.NOT_FOUND:
                raise StoryFailed(f"an outsider got {got.status_code} for a group's post")
        story.say("404, as for a post that never was")

    def _name_slips_in(self, handle: str) -> None:
        story, hospital, clinic, society = self._story, self._hospital, self._clinic, self._society
        story.title("A name slips in: a colleague presses 'contains something that identifies a patient'")
        uri: str = say(hospital, f"{handle} {SLIP}")["uri"]
        seen = story.until("the post is in the group", partial(in_group, clinic, SLIP))
        story.until("the post is in the group", partial(in_group, society, SLIP))
        report = identifies(clinic, seen)
        began = time.monotonic()
        clinic.call("POST", "/api/v1/reports", json=report)
        for house in (clinic, society, hospital):
            story.until("the post is hidden", partial(gone, house, SLIP))
        story.say(f"hidden in all three houses after {time.monotonic() - began:.1f} seconds")
        society.command("group", "incident", "purge", uri)
        self._receipts(society, uri, {hospital.domain, clinic.domain})

    def _withdraw(self, question: str) -> None:
        story, hospital = self._story, self._hospital
        story.title("The author withdraws the case; the houses that had it prove that it is gone")
        uri: str = hospital.call("GET", f"/api/v1/statuses/{question}")["uri"]
        hospital.call("DELETE", f"/api/v1/statuses/{question}")
        for house in (self._society, self._clinic):
            story.until("the case is gone", partial(gone, house, QUESTION))
        self._receipts(self._society, uri, {self._clinic.domain})

    def _receipts(self, asker: Place, uri: str, hosts: set[str]) -> None:
        """What was asked back of each host is answered by a signed receipt."""

        def all_in() -> bool:
            asked = json.loads(asker.command("purge", "show", uri, "--json"))["purges"]
            return {one["host"] for one in asked if one["state"] == "done" and one["receipt"]} >= hosts

        self._story.until("every receipt is in", all_in)
        for house in (self._hospital, self._clinic):
            if house.domain in hosts:
                self._story.crossed(house, asker, "a signed receipt: gone, and when its backups end")

    def _revoke(self, answer: str) -> None:
        story, hospital, society = self._story, self._hospital, self._society
        story.title("The hospital takes the doctor's verification back: access ends")
        if _missing(hospital, f"/api/v1/statuses/{answer}"):
            raise StoryFailed("the doctor cannot read the answer while a member")
        hospital.command("verification", "revoke", hospital.person.name, "--reason", "left the hospital")
        story.until(
            "the group is closed to the doctor",
            lambda: _missing(hospital, f"/api/v1/statuses/{answer}"),
        )
        story.until(
            "the group's own house has heard of it", lambda: _suspended(society, hospital.person.name)
        )
        story.refused(hospital, society, "the credential holds no longer, which both houses know")


_PASSWORD = "seven quiet herons of the demo"  # noqa: S105  of an account that lives for one story


def _card(place: Place) -> tuple[str, ...]:
    return (
        *("instance", "card", "--controller", place.name.capitalize(), "--jurisdiction", "FR"),
        *("--officer", f"dpo@{place.name}.example", "--contact", "+33 1 00 00 00 00"),
    )


def verify(place: Place) -> None:
    """The house vouches for its doctor."""
    place.command(
        *("verification", "grant", place.person.name, "--profession", "physician"),
        *("--specialty", "cardiology", "--jurisdiction", "FR", "--level", "P2"),
    )


def join(story: Story, house: Place, handle: str) -> None:
    """The doctor of a house joins a group as apps do: follow, open the page that a message names, agree."""
    group: str = story.find(house, handle)["id"]
    house.call("POST", f"/api/v1/accounts/{group}/follow")
    story.until(
        "a message leads to the page with the rules", lambda: _message(house, f"/groups/{group}/join")
    )
    _confirm(house, group)
    story.until("the group has admitted the doctor", partial(story.follows, house, group))


def _confirm(place: Place, group: str) -> None:
    """What the doctor does in a browser: sign in, read, agree."""
    signin = place.client.get("/signin").text
    fields = {
        "form_token": _found(_TOKEN, signin),
        "login": place.person.name,
        "password": place.password,
        "next": "/",
    }
    place.client.post("/signin", data=fields)
    path = f"/groups/{group}/join"
    page = place.client.get(path).text
    answer = place.client.post(
        path,
        data={"form_token": _found(_TOKEN, page), "rules_version": _found(_VERSION, page), "agreed": "on"},
    )
    place.client.cookies.clear()
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise StoryFailed(f"{place.name}: joining was answered {answer.status_code}")


def _found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise StoryFailed("a page lacks its form")
    return match[1]


def _message(place: Place, link: str) -> bool:
    found = place.call("GET", "/api/v1/conversations")
    return any(link in (one["last_status"] or {}).get("content", "") for one in found)


def say(place: Place, text: str, **fields: Any) -> dict[str, Any]:
    """A post into the group. Raises StoryFailed where it would be anybody's to read."""
    said: dict[str, Any] = place.call("POST", "/api/v1/statuses", json={"status": text, **fields})
    if said["visibility"] != "private":
        raise StoryFailed(f"a group post went out as {said['visibility']}")
    return said


def identifies(place: Place, seen: dict[str, Any]) -> dict[str, Any]:
    """The report by which any member hides a post: "contains something that identifies a patient"."""
    rule = place.call("GET", "/api/v1/instance/rules")[0]
    return {
        "account_id": seen["account"]["id"],
        "status_ids": [seen["id"]],
        "category": "violation",
        "rule_ids": [rule["id"]],
    }


def _suspended(society: Place, name: str) -> bool:
    members = json.loads(society.command("group", "members", "cardiology", "--json"))
    return any(one["handle"].startswith(f"{name}@") and one["state"] != "active" for one in members)


def in_group(place: Place, words: str) -> dict[str, Any] | None:
    """The post, as the group's boost shows it at home."""
    shown = (one["reblog"] or one for one in place.call("GET", "/api/v1/timelines/home"))
    return next((one for one in shown if words in one["content"]), None)


def gone(place: Place, words: str) -> bool:
    return in_group(place, words) is None


def _answer(place: Place, status_id: str) -> str | None:
    found = place.call("GET", f"/api/v1/statuses/{status_id}/context")["descendants"]
    return next((one["id"] for one in found if ANSWER in one["content"]), None)


def _missing(place: Place, path: str) -> bool:
    headers = {"Authorization": f"Bearer {place.person.token}"}
    return place.client.get(path, headers=headers).status_code == httpx.codes.NOT_FOUND
