"""Posts found by their words on both engines: what matches, and above all who finds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from server.domain.accounts import Account
from server.domain.groups import MembershipState
from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.services import interactions, media, post_search, relationships
from server.services.polls import PollDraft
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts.receive import receive
from server.services.posts.writing import Draft
from server.store import memberships, post_words
from server.store.session import Unit
from tests.support.groups import a_group, a_member
from tests.support.house import House

PUBLIC = Visibility.PUBLIC


def found(house: House, viewer: Account, typed: str, page: Page | None = None, offset: int = 0) -> list[int]:
    posts = house.read(post_search.find, Member(viewer.id), typed, page or Page(), offset=offset)
    return [each.id for each in posts]


@pytest.fixture
def anna(any_house: House) -> Account:
    return any_house.local("anna")


@pytest.mark.parametrize(
    "typed",
    [
        "oedeme",
        "ŒDÈME",
        "Œdème pulmonaire",
        "pulmo",
        "pulmonaire aigu",
        '"œdème pulmonaire"',
        "o\u0308deme"[0] + "edeme",
        "furosemide 40",
        "#cardiology",
        "-asthma oedème",
    ],
)
def test_case_accents_and_word_endings_do_not_matter(any_house: House, anna: Account, typed: str) -> None:
    post = any_house.post(anna, "Un œdème pulmonaire aigu; furosémide 40 mg #Cardiology", visibility=PUBLIC)
    assert found(any_house, anna, typed) == [post.id]


@pytest.mark.parametrize(
    "typed",
    [
        "asthma",
        "oedeme asthma",
        "monaire",
        '"pulmonaire oedeme"',
        "-oedeme pulmonaire",
        "",
        "!!! ?",
        '"',
        "from:nobody oedeme",
        "has:nothing",
        "before:tomorrow oedeme",
        "in:nowhere oedeme",
    ],
)
def test_what_does_not_hold_is_not_found(any_house: House, anna: Account, typed: str) -> None:
    any_house.post(anna, "Un œdème pulmonaire aigu", visibility=PUBLIC)
    assert found(any_house, anna, typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        "' OR 1=1 --",
        'NEAR("a" "b")',
        "a* AND NOT b",
        "words:x",
        "':* | '",
        "\\ % _",
        "\x00",
        "a" * 3000,
        "(((",
        "-",
        "--",
        "* ^ {x}",
        "\U0001f600 ١٢٣ 心筋",
        "from: has:",
        "x " * 500,
    ],
)
def test_no_question_breaks_it(any_house: House, anna: Account, typed: str) -> None:
    any_house.post(anna, "sepsis", visibility=PUBLIC)
    assert found(any_house, anna, typed) in ([], found(any_house, anna, "sepsis"))


def test_only_what_the_viewer_may_see(any_house: House, anna: Account) -> None:
    ben, cleo = any_house.local("ben"), any_house.local("cleo")
    any_house.run(relationships.follow, ben, anna)
    open_, narrow = (
        any_house.post(anna, "sepsis", visibility=each) for each in (PUBLIC, Visibility.FOLLOWERS)
    )
    direct = any_house.post(anna, "@ben sepsis", visibility=Visibility.DIRECT)
    assert found(any_house, ben, "sepsis") == [direct.id, narrow.id, open_.id]
    assert found(any_house, cleo, "sepsis") == [open_.id]
    any_house.run(relationships.block, anna, cleo)
    assert found(any_house, cleo, "sepsis") == []


def test_a_groups_posts_are_for_its_members(any_house: House, anna: Account) -> None:
    ben, cleo = any_house.local("ben"), any_house.local("cleo")
    group = a_group(any_house)
    other = a_group(any_house, "derma")
    for member in (anna, ben):
        a_member(any_house, group, member)
        a_member(any_house, other, member)
    post = any_house.post(anna, "@cardio an enigmatic murmur")
    elsewhere = any_house.post(anna, "@derma an enigmatic rash")
    assert found(any_house, ben, "enigmatic") == [elsewhere.id, post.id]
    assert found(any_house, ben, "enigmatic in:cardio") == [post.id]
    for typed in ("enigmatic", "enigmatic in:cardio", "in:cardio", "from:anna", "from:anna -x"):
        assert found(any_house, cleo, typed) == []

    def leave(unit: Unit) -> None:
        standing = memberships.find(unit, group.id, ben.id)
        assert standing is not None
        memberships.change(unit, standing.id, {"state": MembershipState.LEFT.value})

    any_house.run(leave)
    assert found(any_house, ben, "murmur") == []


def test_choices_descriptions_and_warnings_are_words_of_the_post(any_house: House, anna: Account) -> None:
    values = {"kind": "image", "mime": "image/png", "digest": "0" * 64, "description": "A spiculated nodule"}
    image = any_house.run(media.add, anna, values).id
    poll = PollDraft(("biopsy", "follow-up"), timedelta(days=1))
    shown = any_house.post(anna, "Look", summary="Thorax", media_ids=(image,), visibility=PUBLIC)
    asked = any_house.post(anna, "What next?", poll=poll, visibility=PUBLIC)
    assert found(any_house, anna, "spiculated thorax") == [shown.id]
    assert found(any_house, anna, "biopsy") == [asked.id]
    assert found(any_house, anna, "has:image") == found(any_house, anna, "has:media") == [shown.id]
    assert found(any_house, anna, "has:poll") == found(any_house, anna, "-has:media") == [asked.id]
    assert found(any_house, anna, "has:video") == []


def test_operators(any_house: House, anna: Account) -> None:
    ben = any_house.local("ben")
    rita = any_house.remote("rita")
    first = any_house.post(anna, "sepsis https://example.org/a", visibility=PUBLIC, language="en")
    any_house.clock.advance(timedelta(days=2))
    second = any_house.post(ben, "sepsis @anna", visibility=PUBLIC, in_reply_to_id=first.id, language="fr")
    third, _ = any_house.run(receive, rita, any_house.incoming(rita, content="<p>sepsis</p>"), wanted=True)
    assert isinstance(third, Post)
    every = [third.id, second.id, first.id]
    assert found(any_house, anna, "sepsis") == every
    for typed, wanted in {
        "from:anna": [first.id],
        "from:@ben": [second.id],
        "from:me": [first.id],
        "from:rita@there.example": [third.id],
        "sepsis -from:ben": [third.id, first.id],
        "has:link": [first.id],
        "is:reply": [second.id],
        "language:fr": [second.id],
        "sepsis in:all": every,
        "sepsis in:library": [second.id, first.id],
    }.items():
        assert found(any_house, anna, typed) == wanted, typed
    any_house.run(interactions.bookmark, anna, third.id)
    assert found(any_house, anna, "in:library") == every
    day = first.published_at.date()
    after = second.published_at.date()
    assert found(any_house, ben, f"sepsis before:{after} from:anna") == [first.id]
    assert found(any_house, ben, f"after:{day} from:ben") == [second.id]
    assert found(any_house, ben, f"during:{day} sepsis -from:rita@there.example") == [first.id]
    assert found(any_house, ben, f"before:{day} sepsis from:anna") == []


def test_pages(any_house: House, anna: Account) -> None:
    ids = [any_house.post(anna, f"sepsis {n}", visibility=PUBLIC).id for n in range(5)][::-1]
    assert found(any_house, anna, "sepsis", Page(2)) == ids[:2]
    assert found(any_house, anna, "sepsis", Page(2), offset=2) == ids[2:4]
    assert found(any_house, anna, "sepsis", Page(2, max_id=ids[1])) == ids[2:4]
    assert found(any_house, anna, "sepsis", Page(2, min_id=ids[4])) == ids[2:4]


def test_an_edit_and_a_deletion_are_followed_at_once(any_house: House, anna: Account) -> None:
    post = any_house.post(anna, "sepsis", visibility=PUBLIC)
    any_house.run(editing.edit, anna, post.id, Draft(text="asthma"))
    assert (found(any_house, anna, "sepsis"), found(any_house, anna, "asthma")) == ([], [post.id])
    any_house.run(deleting.delete, anna, post.id)
    assert found(any_house, anna, "asthma") == []


def test_nothing_of_a_deleted_post_stays_in_the_index(house: House) -> None:
    anna = house.local("anna")
    kept = house.post(anna, "sepsis", visibility=PUBLIC)
    for n in range(30):
        gone = house.post(anna, f"zebrafish{n}", visibility=PUBLIC)
        house.run(deleting.delete, anna, gone.id)
    house.run(post_words.forget_traces)

    def stored(unit: Unit) -> bytes:
        rows = unit.all(text("SELECT block FROM post_words_index_data"))
        return b"".join(row.block for row in rows)

    assert b"sepsis" in house.read(stored)
    assert b"zebrafish" not in house.read(stored)
    assert found(house, anna, "sepsis") == [kept.id]
