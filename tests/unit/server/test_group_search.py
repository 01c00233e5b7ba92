"""Groups are found by their specialty in every language of the house, by those who may know of them."""

from __future__ import annotations

import pytest

from server.domain.viewers import Member
from server.services import search
from tests.support.groups import a_group, a_member
from tests.support.house import House


def found(house: House, viewer: Member, typed: str) -> list[int]:
    return [each.id for each in house.read(search.accounts, viewer, typed, limit=20)]


@pytest.mark.parametrize("typed", ["cardiology", "Cardiologie", "CARDIO", "cardiologie "])
def test_by_specialty_in_both_languages(any_house: House, typed: str) -> None:
    anna = Member(any_house.local("anna").id)
    here = a_group(any_house, "hearts", specialty="cardiology")
    there = a_group(any_house, "coeurs", domain="there.example", specialty="cardiology")
    a_group(any_house, "skin", specialty="dermatology")
    assert found(any_house, anna, typed) == [here.id, there.id]


def test_short_or_other_words_find_no_specialty(any_house: House) -> None:
    anna = Member(any_house.local("anna").id)
    a_group(any_house, "hearts", specialty="cardiology")
    assert [found(any_house, anna, typed) for typed in ("ca", "c", "iology", "%", "neuro")] == [[]] * 5


def test_a_secret_group_is_for_its_members(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    group = a_group(any_house, "hearts", specialty="cardiology", access="secret")
    a_member(any_house, group, anna)
    assert found(any_house, Member(anna.id), "cardiologie") == [group.id]
    assert found(any_house, Member(ben.id), "cardiologie") == []


def test_a_group_is_listed_once(any_house: House) -> None:
    anna = Member(any_house.local("anna").id)
    group = a_group(any_house, "cardiology", specialty="cardiology")
    assert found(any_house, anna, "cardiology") == [group.id]
