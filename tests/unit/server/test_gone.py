"""What open streams are told of a post that is gone, as it is written down for other processes."""

from __future__ import annotations

from server.domain.streaming import Gone, Stream, Topic


def test_it_is_read_as_it_was_written_whatever_a_tag_holds() -> None:
    for tags in ((), ("réa",), ("two words", "#", "a\nb", "12")):
        gone = Gone(7, 3, public=True, direct=False, group_id=None, published=True, named=(5, 6), tags=tags)
        assert Gone.of(gone.key()) == gone


def test_public_streams_hear_of_what_they_may_have_shown() -> None:
    public = Gone(7, 3, public=True, direct=False, group_id=None, published=True, named=(), tags=("réa",))
    hidden = Gone(7, 3, public=False, direct=False, group_id=None, published=True, named=(), tags=("réa",))
    topics = (
        Topic(Stream.USER),
        Topic(Stream.PUBLIC),
        Topic(Stream.HASHTAG, "réa"),
        Topic(Stream.HASHTAG_LOCAL, "réa"),
        Topic(Stream.HASHTAG, "sepsis"),
    )
    assert [public.was_on(topic) for topic in topics] == [True, True, True, True, False]
    assert [hidden.was_on(topic) for topic in topics] == [True, False, False, False, False]
