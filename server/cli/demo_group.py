"""The part of the demo's story that only verified members of partners may see: a closed group of both houses.

What administrators do is done by the commands that they would type; what doctors do, through the client API and the
page that a message leads to.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from server.cli.demo_story import Place, Story, StoryFailed, electrocardiogram

UNTIL = "2099-12-31"
QUESTION = "A synthetic trace for the group: which rhythm"
ANSWER = "Flutter, and I would slow it first"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_VERSION = re.compile(r'name="rules_version" value="(\d+)"')


class GroupChapter:
    """Told after the first part: hospital and society are connected, and each has its doctor."""

    def __init__(self, story: Story, hospital: Place, society: Place) -> None:
        self._story = story
        self._hospital = hospital
        self._society = society

    def tell(self) -> None:
        """Raises StoryFailed at the first step that was not seen."""
        self._become_partners()
        handle = self._found()
        self._join(handle)
        answer = self._discuss(handle)
        self._outsider(answer)
        self._revoke(answer)

    def _become_partners(self) -> None:
        story, hospital, society = self._story, self._hospital, self._society
        story.title(
            "The two administrators become partners: cards, fingerprint, agreement, a probe in both directions"
        )
        cards = {place.name: json.loads(place.command(*_card(place))) for place in (hospital, society)}
        for here, there in ((hospital, society), (society, hospital)):
            with TemporaryDirectory() as folder:
                file = Path(folder) / "card.json"
                file.write_text(json.dumps(cards[there.name]), encoding="utf-8")
                fingerprint = cards[there.name]["fingerprint"]
                here.command(
                    *("instance", "pair", str(file), "--fingerprint", fingerprint),
                    *("--agreement", "demo agreement", "--until", UNTIL, "--yes"),
                )
        for here, there in ((hospital, society), (society, hospital)):
            here.command("instance", "test", there.domain)
            story.crossed(here, there, "a canary went out, was answered, taken back, and its end receipted")

    def _found(self) -> str:
        story, society = self._story, self._society
        story.title("The society verifies its doctor and founds a closed group")
        _verify(society)
        society.command(
            *(
                "group",
                "create",
                "cardiology",
                "--title",
                "Cardiology of the region",
                "--specialty",
                "cardiology",
            ),
            *("--admission", "automatic", "--founder", society.person.name, "--listed"),
        )
        story.say("members only; who fits its conditions is admitted at once")
        return f"@cardiology@{society.domain}"

    def _join(self, handle: str) -> None:
        story, hospital, society = self._story, self._hospital, self._society
        story.title("The hospital's doctor joins with a credential")
        _verify(hospital)
        group: str = story.find(hospital, handle)["id"]
        hospital.call("POST", f"/api/v1/accounts/{group}/follow")
        story.until(
            "a message leads to the page with the rules", lambda: self._message(f"/groups/{group}/join")
        )
        story.say(
            "following in the app asked; a message leads to the page that says who can read what is written"
        )
        _confirm(hospital, group)
        story.until("the group has admitted the doctor", partial(story.follows, hospital, group))
        story.crossed(
            hospital, society, "Join, with what was checked of the profession; answered with Accept"
        )

    def _message(self, link: str) -> bool:
        found = self._hospital.call("GET", "/api/v1/conversations")
        return any(link in (one["last_status"] or {}).get("content", "") for one in found)

    def _discuss(self, handle: str) -> str:
        """The id of the answer, at the hospital."""
        story, hospital, society = self._story, self._hospital, self._society
        story.title("A case with a picture is discussed in the group")
        files = {"file": ("trace.png", electrocardiogram(), "image/png")}
        media = hospital.call("POST", "/api/v2/media", files=files, data={"description": "A drawn rhythm"})
        status: dict[str, Any] = hospital.call(
            "POST", "/api/v1/statuses", json={"status": f"{handle} {QUESTION}?", "media_ids": [media["id"]]}
        )
        if status["visibility"] != "private":
            raise StoryFailed(f"a group post went out as {status['visibility']}")
        seen = story.until(
            "the post is in the group, for the society's doctor", lambda: _in_group(society, QUESTION)
        )
        story.crossed(
            hospital, society, "Create, signed by the author; the group took it up and announced it"
        )
        society.call("POST", "/api/v1/statuses", json={"status": ANSWER, "in_reply_to_id": seen["id"]})
        answer: str = story.until("the answer is in the thread", lambda: _answer(hospital, status["id"]))
        story.crossed(society, hospital, "the answer, announced by the group")
        return answer

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

    def _revoke(self, answer: str) -> None:
        story, hospital, society = self._story, self._hospital, self._society
        story.title("The hospital takes the doctor's verification back: access ends")
        hospital.command("verification", "revoke", hospital.person.name, "--reason", "left the hospital")
        story.until(
            "the group is closed to the doctor",
            lambda: _missing(hospital, f"/api/v1/statuses/{answer}"),
        )
        story.refused(hospital, society, "the credential holds no longer; nothing of the group is shown")


_PASSWORD = "seven quiet herons of the demo"  # noqa: S105  of an account that lives for one story


def _card(place: Place) -> tuple[str, ...]:
    return (
        *("instance", "card", "--controller", place.name.capitalize(), "--jurisdiction", "FR"),
        *("--officer", f"dpo@{place.name}.example", "--contact", "+33 1 00 00 00 00"),
    )


def _verify(place: Place) -> None:
    place.command(
        *("verification", "grant", place.person.name, "--profession", "physician"),
        *("--specialty", "cardiology", "--jurisdiction", "FR", "--level", "P2"),
    )


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


def _in_group(place: Place, words: str) -> dict[str, Any] | None:
    """The post, as the group's boost shows it at home."""
    shown = (one["reblog"] or one for one in place.call("GET", "/api/v1/timelines/home"))
    return next((one for one in shown if words in one["content"]), None)


def _answer(place: Place, status_id: str) -> str | None:
    found = place.call("GET", f"/api/v1/statuses/{status_id}/context")["descendants"]
    return next((one["id"] for one in found if ANSWER in one["content"]), None)


def _missing(place: Place, path: str) -> bool:
    headers = {"Authorization": f"Bearer {place.person.token}"}
    return place.client.get(path, headers=headers).status_code == httpx.codes.NOT_FOUND
