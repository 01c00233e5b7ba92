"""Decoding, in each shape that real software sends, and the documents that are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import FederationError, Malformed
from federation.keys import PrivateKey
from federation.types import Iri, JsonObject
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor, ActorKey, Generator
from federation.vocab.base import MAX_ATTACHMENTS, MAX_RECIPIENTS, MAX_TAGS, PUBLIC, id_of, references
from federation.vocab.codec import decode, decode_key, encode
from federation.vocab.collections import Collection
from federation.vocab.links import Emoji, Hashtag, Link, Media, Mention, PropertyValue
from federation.vocab.objects import (
    Object,
    Place,
    PollOption,
    Question,
    Relationship,
    Tombstone,
    is_vote,
    vote,
)

AS = "https://www.w3.org/ns/activitystreams"
ANA = Iri("https://hospital.example/actors/ana")
BEN = Iri("https://society.example/actors/ben")
NOTE = Iri("https://hospital.example/objects/1")


def note(**more: Any) -> Object:
    decoded = decode({"@context": AS, "id": NOTE, "type": "Note", **more})
    assert isinstance(decoded, Object)
    return decoded


def person(**more: Any) -> Actor:
    decoded = decode({"@context": AS, "id": ANA, "type": "Person", "inbox": f"{ANA}/inbox", **more})
    assert isinstance(decoded, Actor)
    return decoded


def activity(**more: Any) -> Activity:
    decoded = decode({"@context": AS, "id": f"{ANA}#1", "type": "Like", "actor": ANA, "object": NOTE, **more})
    assert isinstance(decoded, Activity)
    return decoded


def reason(document: JsonObject) -> str:
    with pytest.raises(FederationError) as caught:
        decode(document)
    return caught.value.reason


PERSON = {"type": "Person", "id": ANA, "name": "Ana", "inbox": f"{ANA}/inbox"}


@pytest.mark.parametrize("shape", [ANA, PERSON, [ANA], [PERSON], [ANA, ANA], {"id": ANA}], ids=str)
def test_actor_and_owner_are_reduced_to_one_id(shape: Any) -> None:
    assert activity(actor=shape).actor == ANA
    assert note(attributedTo=shape).attributed_to == ANA


@pytest.mark.parametrize(
    ("shape", "suffix"),
    [
        ([ANA, BEN], "several"),
        ([PERSON, BEN], "several"),
        (7, "not-iri"),
        ("ana", "not-iri"),
        ([7], "not-iri"),
        ({"type": "Person"}, "not-iri"),
        ([[ANA]], "not-iri"),
        (True, "not-iri"),
    ],
)
def test_other_owners_are_refused(shape: Any, suffix: str) -> None:
    assert reason({"type": "Like", "id": f"{ANA}#1", "actor": shape, "object": NOTE}) == f"actor-{suffix}"
    assert reason({"type": "Note", "id": NOTE, "attributedTo": shape}) == f"attributed-to-{suffix}"


def test_the_person_among_person_and_channel_is_the_owner() -> None:
    channel = {"type": "Group", "id": "https://tube.example/video-channels/x"}
    assert note(attributedTo=[channel, PERSON]).attributed_to == ANA
    two = [PERSON, {"type": "Person", "id": BEN}, channel]
    assert reason({"type": "Note", "id": NOTE, "attributedTo": two}) == "attributed-to-several"


@pytest.mark.parametrize("missing", [None, []])
def test_an_activity_without_an_actor_is_refused(missing: Any) -> None:
    assert reason({"type": "Like", "id": f"{ANA}#1", "actor": missing, "object": NOTE}) == "actor-missing"
    assert reason({"type": "Like", "id": f"{ANA}#1", "actor": ANA, "object": missing}) == "object-missing"


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_has_one_spelling(spelling: str) -> None:
    assert note(to=spelling, cc=[spelling, BEN]).to == (PUBLIC,)
    assert note(to=[BEN, {"id": spelling}, BEN, None, 3]).to == (BEN, PUBLIC)
    assert activity(object=spelling).object == PUBLIC


def test_recipients_beyond_the_limit_are_refused() -> None:
    many = [f"https://society.example/{n}" for n in range(MAX_RECIPIENTS + 1)]
    assert len(note(to=many[:-1]).to) == MAX_RECIPIENTS
    assert reason({"type": "Note", "id": NOTE, "cc": many}) == "too-many-recipients"


def test_ids() -> None:
    assert note(id="HTTPS://Hospital.EXAMPLE:443/objects/1").id == NOTE
    assert note(id=None).id is None
    assert reason({"type": "Note", "id": 7}) == "id-not-text"
    for bad in ("", "1", "urn:uuid:1", "javascript:alert(1)", "https://u@hospital.example/"):
        assert reason({"type": "Note", "id": bad}) == "id-not-iri"
    assert reason({"type": "Person", "inbox": f"{ANA}/inbox"}) == "id-missing"
    assert reason({"type": "Person", "id": ANA, "inbox": "nowhere"}) == "inbox-not-iri"


def test_types() -> None:
    assert person(type=["Person", "vcard:individual"]).type == "Person"
    assert note(type="as:Note").type == "Note"
    assert note(type=f"{AS}#Note").type == "Note"
    place = decode({"type": ["geojson:Feature", "Place"], "id": NOTE, "latitude": 46.2})
    assert isinstance(place, Place)
    assert place.latitude == 46.2
    assert reason({"id": NOTE}) == "type-missing"
    assert reason({"id": NOTE, "type": 3}) == "type-missing"
    assert reason({"id": NOTE, "type": ["Note", "Delete"], "actor": ANA, "object": NOTE}) == "type-ambiguous"


def test_unknown_types_keep_their_name() -> None:
    unknown = decode({"id": NOTE, "type": "Sculpture", "content": "x"})
    assert isinstance(unknown, Object)
    assert unknown.type == "Sculpture"
    acted = decode({"id": NOTE, "type": "Lock", "actor": ANA, "object": NOTE})
    assert isinstance(acted, Activity)
    assert acted.type == "Lock"


def test_objects_named_embedded_and_several() -> None:
    assert activity(object=[NOTE]).object == NOTE
    assert activity(object={"id": NOTE}).object == NOTE
    assert activity(object={"type": "Link", "href": NOTE}).object == NOTE
    several = activity(type="Flag", object=[BEN, NOTE]).object
    assert references(several) == (BEN, NOTE)
    assert id_of(several) is None
    assert reason({"type": "Like", "actor": ANA, "object": 3}) == "object-shape"
    assert reason({"type": "Like", "actor": ANA, "object": "nonsense"}) == "object-not-iri"
    assert reason({"type": "Flag", "actor": ANA, "object": [BEN] * 300}) == "too-many-objects"


def test_accept_of_a_follow_that_embeds_whole_people() -> None:
    follow = {"type": "Follow", "id": f"{BEN}#f", "actor": {**PERSON, "id": BEN}, "object": PERSON}
    accept = activity(type="Accept", object=follow)
    assert isinstance(accept.object, Activity)
    assert accept.object.actor == BEN
    assert id_of(accept.object) == f"{BEN}#f"
    assert id_of(accept.object.object) == ANA


def test_an_embedded_activity_without_an_actor_counts_by_its_id() -> None:
    assert (
        activity(type="Undo", object={"type": "Follow", "id": f"{ANA}#f", "object": BEN}).object == f"{ANA}#f"
    )
    assert (
        reason({"type": "Undo", "actor": ANA, "object": {"type": "Follow", "object": BEN}}) == "actor-missing"
    )


def test_nesting_is_bounded() -> None:
    document: JsonObject = {"type": "Note", "id": NOTE}
    for _ in range(5):
        document = {"type": "Announce", "actor": ANA, "object": document}
    assert decode(document)
    document = {"type": "Announce", "actor": ANA, "object": document}
    document = {"type": "Announce", "actor": ANA, "object": document}
    assert reason(document) == "nested-too-deep"


def test_software_in_instrument_does_not_cost_the_activity() -> None:
    assert activity(instrument={"type": "Service", "name": "Friendica"}).instrument is None


def test_addresses_of_pages() -> None:
    html = {"type": "Link", "mediaType": "text/html", "href": "https://tube.example/w/1"}
    mp4 = {"type": "Link", "mediaType": "video/mp4", "href": "https://tube.example/1.mp4"}
    assert note(url=[mp4, html]).url == html["href"]
    assert note(url=[mp4]).url == mp4["href"]
    assert note(url=html).url == html["href"]
    assert note(url=["https://a.example/", "https://b.example/"]).url == "https://a.example/"
    for nothing in (None, [], {}, 3, "javascript:alert(1)", [{"href": "data:x"}], [[["x"]]]):
        assert note(url=nothing).url is None


@pytest.mark.parametrize(
    "null", ["inReplyTo", "summary", "content", "sensitive", "tag", "attachment", "to", "replies"]
)
def test_null_is_absence(null: str) -> None:
    assert note(**{null: None}) == note()


def test_text_and_languages() -> None:
    assert note(contentMap={"fr": "Bonjour"}).content == "Bonjour"
    assert note(content="Hallo", contentMap={"de": "Hallo", "en": "Hi"}).language == "de"
    assert note(content="Hi", language={"identifier": "en", "name": "English"}).language == "en"
    assert note(content="Hi", language="und").language is None
    assert note(nameMap={"en": "Title"}).name == "Title"
    assert note(name=3, content={"x": 1}, summary=["first", "second"]).summary == "first"
    assert note(content={"@value": "Hi", "@language": "en"}).content == "Hi"


def test_tags_in_each_shape() -> None:
    mention = {"type": "Mention", "href": BEN, "name": "@ben@society.example"}
    emoji = {
        "type": "toot:Emoji",
        "name": ":ok:",
        "icon": {"type": "Image", "url": "https://society.example/ok.png"},
    }
    read = note(
        tag=[mention, {"type": "Hashtag", "name": "#sepsis"}, emoji, "#bare", {"type": "Mention"}, None]
    )
    assert [type(tag) for tag in read.tag] == [Mention, Hashtag, Emoji]
    assert read.tag[0] == Mention(href=BEN, name="@ben@society.example")
    assert note(tag=mention).tag == read.tag[:1]
    assert note(tag="#bare").tag == ()
    assert len(note(tag=[mention] * 200).tag) == MAX_TAGS


def test_attachments_in_each_shape() -> None:
    picture = {
        "type": "Document",
        "mediaType": "image/png",
        "url": "https://m.example/1.png",
        "name": "an x-ray",
        "focalPoint": [0.5, -0.25],
        "width": 640,
        "height": 480.0,
        "blurhash": "UBL",
    }
    media = note(attachment=picture).attachment[0]
    assert media == Media(
        url=Iri("https://m.example/1.png"),
        media_type="image/png",
        name="an x-ray",
        focal_point=(0.5, -0.25),
        width=640,
        height=480,
        blurhash="UBL",
    )
    listed = note(
        attachment=[picture, {"type": "Link", "href": "https://l.example/"}, {"type": "Image"}, "x", 3]
    )
    assert [item.type for item in listed.attachment] == ["Document", "Link"]
    assert len(note(attachment=[picture] * 30).attachment) == MAX_ATTACHMENTS
    assert note(attachment={**picture, "focalPoint": [7, 0], "width": -1}).attachment[0].focal_point is None
    sizes = [
        {"type": "Link", "href": "https://m.example/480.mp4"},
        {"type": "Link", "href": "https://m.example/720.mp4"},
    ]
    assert note(attachment={"type": "Video", "url": sizes}).attachment[0].url == "https://m.example/480.mp4"


@pytest.mark.parametrize("icon", ["https://m.example/i.png", {"type": "Image", "url": "https://m.example/i.png"},
                                  [{"type": "Image", "url": "https://m.example/i.png"}, {"type": "Image", "url": "https://m.example/j.png"}],
                                  {"type": "Image", "url": {"type": "Link", "href": "https://m.example/i.png"}}], ids=str)  # fmt: skip
def test_icons_in_each_shape(icon: Any) -> None:
    read = person(icon=icon).icon
    assert read is not None
    assert read.url == "https://m.example/i.png"


@pytest.mark.parametrize("key", ["quote", "quoteUrl", "quoteUri", "_misskey_quote"])
def test_quotes_in_each_dialect(key: str) -> None:
    assert note(**{key: NOTE}).quote == NOTE


def test_a_link_tag_may_be_the_quote() -> None:
    link = {
        "type": "Link",
        "href": NOTE,
        "mediaType": "application/activity+json",
        "rel": "https://misskey-hub.net/ns#_misskey_quote",
    }
    read = note(tag=[link])
    assert read.quote == NOTE
    assert isinstance(read.tag[0], Link)


def test_replies_and_their_like() -> None:
    collection = {
        "type": "Collection",
        "id": f"{NOTE}/replies",
        "first": {"type": "CollectionPage", "items": []},
    }
    for shape in (f"{NOTE}/replies", collection, [collection]):
        assert note(replies=shape).replies == f"{NOTE}/replies"
    assert note(inReplyTo=[NOTE, BEN]).in_reply_to == NOTE
    assert note(inReplyTo={"id": NOTE, "type": "Note"}).in_reply_to == NOTE


def test_times() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for text in (
        "2026-11-23T12:00:00Z",
        "2026-11-23T14:00:00+02:00",
        "2026-11-23T12:00:00.000000000Z",
        "2026-11-23T12:00:00",
    ):
        assert note(published=text).published == noon
    for nothing in ("yesterday", "", 1795435200, "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"):
        assert note(published=nothing).published is None


def test_poll() -> None:
    poll = decode({"type": "Question", "id": NOTE, "closed": True, "votersCount": 3,
                   "oneOf": [{"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": 2}},
                             {"type": "Note", "name": "no"}, {"type": "Note"}, "x"]})  # fmt: skip
    assert isinstance(poll, Question)
    assert poll.one_of == (PollOption(name="yes", votes=2), PollOption(name="no"))
    assert poll.closed is True
    assert poll.voters_count == 3


def test_vote() -> None:
    cast = vote(id=Iri(f"{ANA}#votes/1"), voter=ANA, question=NOTE, option="yes", owner=BEN)
    assert is_vote(cast)
    written = encode(cast)
    assert written["to"] == [BEN]
    assert "content" not in written
    assert "cc" not in written
    assert decode(written) == cast
    assert not is_vote(note(content="yes", name="yes", inReplyTo=NOTE))
    assert not is_vote(note(name="yes"))


def test_tombstone_and_relationship() -> None:
    stone = decode({"type": "Tombstone", "id": NOTE, "formerType": "Note", "deleted": "2026-11-23T12:00:00Z"})
    assert isinstance(stone, Tombstone)
    assert stone.former_type == "Note"
    related = decode(
        {"type": "Relationship", "id": NOTE, "subject": ANA, "object": BEN, "relationship": "member"}
    )
    assert isinstance(related, Relationship)
    assert (related.subject, related.object) == (ANA, BEN)


def test_actor_in_full() -> None:
    rsa, ed25519 = PrivateKey.generate_rsa().public, PrivateKey.generate_ed25519().public
    actor = Actor(
        id=ANA, type="Person", preferred_username="ana", name="Dr. Ana", inbox=Iri(f"{ANA}/inbox"),
        shared_inbox=Iri("https://hospital.example/inbox"), manually_approves_followers=True, discoverable=False,
        public_keys=(ActorKey(id=Iri(f"{ANA}#main-key"), owner=ANA, key=rsa),),
        assertion_methods=(ActorKey(id=Iri(f"{ANA}#ed25519-1"), owner=ANA, key=ed25519),),
        attachment=(PropertyValue(name="Specialty", value="Cardiology"),), also_known_as=(BEN,),
        generator=Generator(id=Iri("https://hospital.example/actor"), implements=(Iri("https://w3id.org/fep/844e"),)),
    )  # fmt: skip
    document = encode(actor)
    assert document["endpoints"] == {"sharedInbox": "https://hospital.example/inbox"}
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert document["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")
    assert document["discoverable"] is False
    assert decode(document) == actor
    assert actor.key(Iri(f"{ANA}#ed25519-1")) == actor.assertion_methods[0]
    assert actor.key(Iri(f"{BEN}#main-key")) is None


def test_keys_in_each_shape() -> None:
    pem = PrivateKey.generate_rsa().public.to_pem()
    key = {"id": f"{ANA}#main-key", "owner": ANA, "publicKeyPem": pem}
    assert person(publicKey=[key]).public_keys == person(publicKey=key).public_keys
    assert person(publicKey="https://hospital.example/key").public_keys == ()
    broken = person(publicKey={**key, "publicKeyPem": "x"}).public_keys
    assert broken == (ActorKey(id=Iri(f"{ANA}#main-key"), owner=ANA),)
    assert decode_key({"@context": AS, **key}).owner == ANA
    assert decode_key({"@context": AS, **PERSON, "publicKey": key}).id == f"{ANA}#main-key"
    with pytest.raises(Malformed, match="key-missing"):
        decode_key({"@context": AS, **PERSON})
    assert person(endpoints="https://hospital.example/endpoints").shared_inbox is None


def test_collections() -> None:
    page = {
        "type": "OrderedCollectionPage",
        "id": f"{ANA}/outbox?page=1",
        "orderedItems": [NOTE, {"type": "Note"}, 3, {"type": "Like"}],
    }
    outbox = decode({"type": "OrderedCollection", "id": f"{ANA}/outbox", "totalItems": 2, "first": page})
    assert isinstance(outbox, Collection)
    assert isinstance(outbox.first, Collection)
    assert outbox.first.items == (NOTE, Object(type="Note"))
    assert outbox.ordered
    assert outbox.first.is_page
    featured = decode(
        {"type": "Collection", "id": f"{ANA}/featured", "items": NOTE, "first": f"{ANA}/featured?p=1"}
    )
    assert isinstance(featured, Collection)
    assert featured.items == (NOTE,)
    assert encode(featured)["items"] == [NOTE]
    assert reason({"type": "Collection", "items": [], "orderedItems": []}) == "items-twice"


def test_contexts_of_what_is_written() -> None:
    like = Activity(id=Iri(f"{ANA}#1"), type="Like", actor=ANA, object=NOTE)
    assert encode(like) == {"@context": AS, "id": f"{ANA}#1", "type": "Like", "actor": ANA, "object": NOTE}
    create = Activity(type="Create", actor=ANA, object=Object(id=NOTE, type="Note", sensitive=True))
    written = encode(create)
    assert written["@context"][1]["sensitive"] == "as:sensitive"
    assert "@context" not in written["object"]


# Contexts that give known terms another meaning


def _follow(context: Any, **more: Any) -> JsonObject:
    return {"@context": context, "type": "Follow", "id": f"{ANA}#1", "actor": ANA, "object": BEN, **more}


def test_known_and_unknown_addresses_are_read_directly() -> None:
    for context in (
        AS,
        [AS, "https://society.example/schemas/litepub-0.1.jsonld"],
        [AS, "https://unknown.example/c", {"x": "https://x.example/"}],
    ):
        assert decode(_follow(context)) == decode({k: v for k, v in _follow(AS).items() if k != "@context"})


def test_an_alias_of_a_core_term_is_read_for_what_it_means() -> None:
    aliased = _follow(
        [AS, {"actor": "https://evil.example/x", "doer": {"@id": "as:actor", "@type": "@id"}}], doer=BEN
    )
    decoded = decode(aliased)
    assert isinstance(decoded, Activity)
    assert decoded.actor == BEN
    retyped = decode(_follow([AS, {"Follow": "as:Block"}]))
    assert retyped.type == "Block"


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ([AS, {"actor": "https://evil.example/x"}], "actor-missing"),
        ([AS, {"actor": None}], "actor-missing"),
        ([AS, {"object": "_:nothing"}], "object-missing"),
        ([AS, {"x": "@graph"}], "context-reshapes"),
        ([AS, {"x": {"@id": "@reverse"}}], "context-reshapes"),
        ([AS, {"x": {"@reverse": "as:actor"}}], "context-reshapes"),
        ([AS, {"object": {"@id": "as:object", "@container": "@graph"}}], "context-reshapes"),
        ([AS, {"Follow": {"@id": "as:Follow", "@context": {"actor": "as:object"}}}], "context-scoped"),
        ([AS, {"@import": "https://evil.example/c"}], "context-import"),
        ([AS, "https://unknown.example/c", {"actor": "as:object"}], "context-unknown"),
        (7, "context-shape"),
        ([AS, None], "context-shape"),
        ([AS, [AS]], "context-shape"),
        ("nonsense", "context-not-iri"),
        ([AS] * 40, "context-too-large"),
        ([AS, {f"term{n}": "https://x.example/" for n in range(2000)}], "context-too-large"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_hostile_contexts(context: Any, expected: str) -> None:
    assert reason(_follow(context)) == expected


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest"])
def test_keywords_that_reshape_are_refused_at_any_level(keyword: str) -> None:
    expected = f"jsonld-{keyword[1:]}"
    assert reason({**_follow(AS), keyword: []}) == expected
    assert reason(_follow(AS, object={"id": NOTE, "type": "Note", "tag": [{keyword: {}}]})) == expected
    assert reason({**_follow([AS, {"actor": "as:object"}]), keyword: []}) == expected


def test_spellings_of_members() -> None:
    spelled = {
        "@context": AS,
        "@type": "as:Follow",
        "@id": f"{ANA}#1",
        "as:actor": {"@id": ANA},
        f"{AS}#object": BEN,
    }
    assert decode(spelled) == decode(_follow(AS))
    assert reason(_follow(AS, **{"as:actor": BEN})) == "member-twice"
    assert reason(_follow(AS, **{"@id": f"{BEN}#1"})) == "member-twice"


def test_an_embedded_thing_cannot_redefine_terms() -> None:
    inner = {"@context": [AS, {"actor": "as:object"}], "type": "Like", "actor": ANA, "object": NOTE}
    assert reason(_follow(AS, type="Announce", object=inner)) == "context-redefined-inside"
    inner["@context"] = AS
    assert isinstance(decode(_follow(AS, type="Announce", object=inner)), Activity)


def test_a_redefinition_inside_a_document_that_is_compacted_is_refused() -> None:
    inner = {"@context": [AS, {"actor": "as:object"}], "type": "Like", "actor": ANA, "object": NOTE}
    outer = _follow([AS, {"Follow": "as:Announce"}], object=inner)
    assert reason(outer) == "context-redefined-inside"


def test_large_documents_are_not_compacted() -> None:
    many = [{"type": "Mention", "href": f"https://society.example/{n}"} for n in range(2000)]
    assert reason(_follow([AS, {"Follow": "as:Block"}], tag=many)) == "context-too-large"
    assert isinstance(decode(_follow(AS, tag=many)), Activity)
