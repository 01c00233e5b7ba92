"""Addressing: what is read from to and cc, what is written, and what stays hidden."""

from __future__ import annotations

from federation.audience import PUBLIC, Audience, Visibility, read_audience, strip_blind, write_audience
from federation.types import Iri

ANA = Iri("https://hospital.example/actors/ana")
BEN = Iri("https://society.example/actors/ben")
FOLLOWERS = Iri("https://hospital.example/actors/ana/followers")
OTHERS = Iri("https://society.example/actors/ben/followers")


def test_the_four_visibilities() -> None:
    assert read_audience([PUBLIC], [FOLLOWERS, BEN], FOLLOWERS) == Audience(
        visibility=Visibility.PUBLIC, followers=FOLLOWERS, named=(BEN,)
    )
    assert read_audience([FOLLOWERS], [PUBLIC], FOLLOWERS).visibility is Visibility.UNLISTED
    assert read_audience([FOLLOWERS], [BEN], FOLLOWERS).visibility is Visibility.FOLLOWERS
    assert read_audience([BEN], [], FOLLOWERS).visibility is Visibility.DIRECT
    assert read_audience([], [], None) == Audience(visibility=Visibility.DIRECT)


def test_the_followers_of_somebody_else_are_merely_named() -> None:
    read = read_audience([OTHERS], [], FOLLOWERS)
    assert read.visibility is Visibility.DIRECT
    assert read.named == (OTHERS,)


def test_the_audience_member_never_widens() -> None:
    read = read_audience([BEN], [], FOLLOWERS, audience=[PUBLIC, FOLLOWERS, ANA])
    assert read.visibility is Visibility.DIRECT
    assert read.named == (BEN, ANA)


def test_written_as_mastodon_writes() -> None:
    def written(visibility: Visibility) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
        return write_audience(Audience(visibility=visibility, followers=FOLLOWERS, named=(BEN,)))

    assert written(Visibility.PUBLIC) == ((PUBLIC,), (FOLLOWERS, BEN))
    assert written(Visibility.UNLISTED) == ((FOLLOWERS,), (PUBLIC, BEN))
    assert written(Visibility.FOLLOWERS) == ((FOLLOWERS,), (BEN,))
    assert written(Visibility.DIRECT) == ((BEN,), ())


def test_narrowing() -> None:
    assert Visibility.PUBLIC.narrowed_to(Visibility.FOLLOWERS) is Visibility.FOLLOWERS
    assert Visibility.DIRECT.narrowed_to(Visibility.FOLLOWERS) is Visibility.DIRECT


def test_blind_recipients_are_taken_out_at_every_level() -> None:
    document = {"bto": [BEN], "to": [ANA], "object": {"bcc": BEN, "tag": [{"bto": BEN, "type": "x"}]}}
    assert strip_blind(document) == {"to": [ANA], "object": {"tag": [{"type": "x"}]}}
    assert document["bto"] == [BEN]
