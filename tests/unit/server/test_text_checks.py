"""Certain identifiers are refused on every way into a group or a message, and nothing of the post is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.services import media
from server.services.polls import PollDraft
from server.services.posts import edit as editing
from server.services.posts.writing import Draft
from server.store import posts
from server.text.compose import ContentType
from tests.support.groups import a_group, a_member
from tests.support.house import House

NHS = "943 476 5919"
IN_GROUP = {
    "e-mail address": "write to john.doe@example.org",
    "telephone number": "call 01 45 81 42 50",
    "date of birth": "born 12.03.1956",
    "patient identifier": f"NHS {NHS}",
}


@pytest.fixture
def anna(any_house: House) -> Account:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    group = a_group(any_house)
    a_member(any_house, group, anna)
    a_member(any_house, group, ben)
    return anna


def refused(house: House, anna: Account, draft: Draft) -> str:
    """The sentence. Nothing is left of the attempt."""
    before = house.account(anna).posts_count
    events = house.events()
    with pytest.raises(Invalid) as raised:
        house.post(anna, **{name: getattr(draft, name) for name in draft.__dataclass_fields__})
    assert house.account(anna).posts_count == before
    assert house.events() == events
    sentence = str(raised.value)
    for value in (*IN_GROUP.values(), NHS, "5919", "example.org", "1956"):
        assert value not in sentence
    return sentence


@pytest.mark.parametrize("kind", IN_GROUP)
def test_a_post_in_a_group_holds_none_of_the_four(any_house: House, anna: Account, kind: str) -> None:
    text = IN_GROUP[kind]
    assert kind in refused(any_house, anna, Draft(text=f"@cardio {text}"))
    assert kind in refused(any_house, anna, Draft(text="@cardio An ECG", summary=text))
    poll = PollDraft(("yes", text), timedelta(days=1))
    assert kind in refused(any_house, anna, Draft(text="@cardio An ECG", poll=poll))
    image = uploaded(any_house, anna, text)
    assert kind in refused(any_house, anna, Draft(text="@cardio An ECG", media_ids=(image,)))


def test_an_answer_in_a_group_is_one_in_it(any_house: House, anna: Account) -> None:
    root = any_house.post(anna, "@cardio An ECG")
    answer = Draft(text="call 01 45 81 42 50", in_reply_to_id=root.id)
    assert "telephone number" in refused(any_house, anna, answer)


def test_signs_that_only_the_shown_text_joins_hide_nothing(any_house: House, anna: Account) -> None:
    text = "@cardio NHS 943 **476** 5919"
    assert "patient" in refused(any_house, anna, Draft(text=text, content_type=ContentType.MARKDOWN))


def test_a_message_holds_no_patient_identifier(any_house: House, anna: Account) -> None:
    direct = Visibility.DIRECT
    assert "patient" in refused(any_house, anna, Draft(text=f"@ben NHS {NHS}", visibility=direct))
    others = " ".join(text for kind, text in IN_GROUP.items() if kind != "patient identifier")
    assert any_house.post(anna, f"@ben {others}", visibility=direct).visibility is direct
    root = any_house.post(anna, "@cardio An ECG")
    aside = Draft(text=f"@ben NHS {NHS}", visibility=direct, in_reply_to_id=root.id)
    assert "patient" in refused(any_house, anna, aside)


def test_handles_and_ordinary_talk_pass(any_house: House, anna: Account) -> None:
    text = "@cardio @ben a 70-year-old, 12 March 2025, see @ben@here.example, Hb 7.2"
    assert any_house.post(anna, text).group_id is not None


def test_outside_groups_nothing_is_looked_for(any_house: House, anna: Account) -> None:
    assert any_house.post(anna, "Our ward: 01 45 81 42 50", visibility=Visibility.PUBLIC).group_id is None


def test_an_open_group_is_a_group(any_house: House, anna: Account) -> None:
    a_group(any_house, "news", access="open")
    assert "telephone" in refused(any_house, anna, Draft(text="@news 01 45 81 42 50"))


@pytest.mark.parametrize(
    ("text", "visibility", "bad"),
    [
        ("@cardio An ECG", None, "@cardio call 01 45 81 42 50"),
        ("@ben Hello", Visibility.DIRECT, f"@ben NHS {NHS}"),
    ],
)
def test_an_edit_is_held_to_the_same(
    any_house: House, anna: Account, text: str, visibility: Visibility | None, bad: str
) -> None:
    post = any_house.post(anna, text, visibility=visibility)
    image = uploaded(any_house, anna, "An ECG")
    for draft, words in (
        (Draft(text=bad), {}),
        (Draft(text=text, media_ids=(image,)), {image: {"description": f"NHS {NHS}"}}),
    ):
        with pytest.raises(Invalid):
            any_house.run(editing.edit, anna, post.id, draft, words)
        assert stored(any_house, post) == post


def uploaded(house: House, anna: Account, description: str) -> int:
    values = {"kind": "image", "mime": "image/png", "digest": "0" * 64, "description": description}
    return house.run(media.add, anna, values).id


def stored(house: House, post: Post) -> Post | None:
    return house.read(posts.find, post.id)
