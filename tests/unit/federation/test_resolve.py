"""What may be believed of a fetched document: media type, id, origin, key and owner."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.errors import FederationError, Gone, Malformed, OriginMismatch, Unreachable
from federation.net.media_type import is_activity_type
from federation.resolve import Resolver
from federation.testing.actors import FakeActor, MemoryFetcher
from federation.types import HttpAnswer, Iri
from federation.vocab.actors import Actor

pytestmark = pytest.mark.anyio

ANNA = FakeActor.create("https://society.example", "anna")
MALLORY = FakeActor.create("https://evil.example", "mallory")
AS = "https://www.w3.org/ns/activitystreams"
NOTE_ID = "https://society.example/objects/1"
NOTE = {"@context": AS, **ANNA.note()["object"]}


def served(url: str, document: Any, content_type: str = "application/activity+json") -> HttpAnswer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HttpAnswer(200, url, {"content-type": content_type}, body)


def web(*pages: tuple[str, Any], final: dict[str, str] | None = None) -> MemoryFetcher:
    """A web of pages; final: where a URL's answer really came from."""
    return MemoryFetcher({url: served((final or {}).get(url, url), document) for url, document in pages})


async def test_an_object() -> None:
    found = await Resolver(web((NOTE_ID, NOTE))).object(Iri(NOTE_ID))
    assert (found.id, found.document, json.loads(found.raw)) == (NOTE_ID, NOTE, NOTE)
    with pytest.raises(Gone):
        await Resolver(web()).object(Iri(NOTE_ID))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        f'application/ld+json; profile="{AS}"',
        f'application/ld+json;charset=utf-8;profile="https://example.org {AS}"',
    ],
)
def test_media_types(content_type: str) -> None:
    assert is_activity_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "text/html",
        "image/png",
        "application/ld+json",
        'application/ld+json; profile="https://example.org"',
        f'text/plain; profile="{AS}"',
        "application/activity+jsonx",
        "application/activity+json" * 40,
    ],
)
async def test_uploads_are_no_documents(content_type: str | None) -> None:
    assert not is_activity_type(content_type)
    headers = {} if content_type is None else {"content-type": content_type}
    fetcher = MemoryFetcher({NOTE_ID: HttpAnswer(200, NOTE_ID, headers, json.dumps(NOTE).encode())})
    with pytest.raises(Malformed):
        await Resolver(fetcher).object(Iri(NOTE_ID))


async def test_a_document_with_another_id() -> None:
    upload = "https://society.example/uploads/1.json"
    with pytest.raises(OriginMismatch):
        await Resolver(web((NOTE_ID, {**NOTE, "id": "https://evil.example/1"}))).object(Iri(NOTE_ID))
    with pytest.raises(FederationError):  # claims to be the note, which says otherwise
        await Resolver(web((upload, NOTE))).look_up(Iri(upload))
    with pytest.raises(OriginMismatch):
        await Resolver(web((upload, NOTE), (NOTE_ID, NOTE))).object(Iri(upload))
    found = await Resolver(web((upload, NOTE), (NOTE_ID, {**NOTE, "content": "true"}))).look_up(Iri(upload))
    assert (found.id, found.document["content"]) == (NOTE_ID, "true")
    circle = web((upload, NOTE), (NOTE_ID, {**NOTE, "id": upload}))
    with pytest.raises(OriginMismatch):
        await Resolver(circle).look_up(Iri(upload))
    assert len(circle.fetched) == 2


ALIASED = {"@context": [AS, {"id": f"{AS}#name", "self": "@id"}], "id": MALLORY.id}


async def test_a_context_does_not_lend_an_id() -> None:
    """Mallory's document names Mallory to whoever reads its JSON, and Anna to whoever reads its context."""
    stolen = {**MALLORY.document(), **ALIASED, "self": ANNA.id}
    for look in (Resolver(web((MALLORY.id, stolen))).look_up, Resolver(web((MALLORY.id, stolen))).object):
        with pytest.raises(OriginMismatch):
            await look(MALLORY.id)
    note_id = "https://evil.example/objects/1"
    note = {**MALLORY.note()["object"], **ALIASED, "id": note_id, "self": NOTE_ID}
    with pytest.raises(OriginMismatch):
        await Resolver(web((note_id, note))).object(Iri(note_id))
    honest = {**note, "self": note_id}
    assert (await Resolver(web((note_id, honest))).object(Iri(note_id))).thing.type == "Note"


async def test_redirects_do_not_lend_an_id() -> None:
    """An open redirect leads to the attacker's document that bears the victim's id."""
    moved = web((NOTE_ID, NOTE), final={NOTE_ID: "https://evil.example/note"})
    with pytest.raises(OriginMismatch):
        await Resolver(moved).object(Iri(NOTE_ID))


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"id":5}', b'{"id":"nonsense"}', b"\xff"])
async def test_no_documents(document: bytes) -> None:
    with pytest.raises(Malformed):
        await Resolver(web((NOTE_ID, document))).object(Iri(NOTE_ID))


async def test_an_actor() -> None:
    found = await Resolver(web((ANNA.id, ANNA.document()))).actor(ANNA.id)
    assert isinstance(found.actor, Actor)
    assert found.actor.inbox == ANNA.inbox
    with pytest.raises(Malformed):
        await Resolver(web((NOTE_ID, NOTE))).actor(Iri(NOTE_ID))


@pytest.mark.parametrize("which", ["rsa", "ed25519"])
async def test_a_key_in_the_actors_document(which: str) -> None:
    signer = ANNA.rsa_signer if which == "rsa" else ANNA.ed25519_signer
    fetcher = web((ANNA.id, ANNA.document()))
    found = await Resolver(fetcher).key(signer.key_id)
    assert (found.key_id, found.key, found.owner.id) == (signer.key_id, signer.private.public, ANNA.id)
    assert len(fetcher.fetched) == 1


def key_document(actor: FakeActor, key_id: str, owner: str) -> dict[str, Any]:
    return {
        "@context": "https://w3id.org/security/v1",
        "id": key_id,
        "type": "Key",
        "owner": owner,
        "publicKeyPem": actor.rsa.public.to_pem(),
    }


async def test_a_key_with_a_document_of_its_own() -> None:
    key_id = f"{ANNA.id}/main-key"
    actor = ANNA.document()
    actor["publicKey"]["id"] = key_id
    key = key_document(ANNA, key_id, ANNA.id)
    found = await Resolver(web((key_id, key), (ANNA.id, actor))).key(Iri(key_id))
    assert (found.key, found.owner.id) == (ANNA.rsa.public, ANNA.id)
    # GoToSocial serves a stub of the actor there
    stub = {
        name: actor[name] for name in ("@context", "id", "type", "preferredUsername", "publicKey", "inbox")
    }
    found = await Resolver(web((key_id, stub), (ANNA.id, actor))).key(Iri(key_id))
    assert found.owner.actor.outbox is not None


async def test_stolen_keys() -> None:
    key_id = "https://evil.example/key"
    lists_it = ANNA.document()
    cases = [
        # a key document that names a victim as its owner
        [(key_id, key_document(MALLORY, key_id, ANNA.id)), (ANNA.id, ANNA.document())],
        # an owner on the same host that does not list it
        [(key_id, key_document(MALLORY, key_id, MALLORY.id)), (MALLORY.id, MALLORY.document())],
        # a document with the id of another key
        [
            (key_id, key_document(MALLORY, MALLORY.rsa_signer.key_id, MALLORY.id)),
            (MALLORY.id, MALLORY.document()),
        ],
        # the victim's own document, served by the attacker
        [(key_id, lists_it)],
    ]
    for pages in cases:
        with pytest.raises(FederationError):
            await Resolver(web(*pages)).key(Iri(key_id))


async def test_a_listed_key_with_other_content() -> None:
    key_id = f"{ANNA.id}/main-key"
    actor = ANNA.document()
    actor["publicKey"]["id"] = key_id
    other = key_document(MALLORY, key_id, ANNA.id)
    with pytest.raises(OriginMismatch):
        await Resolver(web((key_id, other), (ANNA.id, actor))).key(Iri(key_id))


async def test_a_listed_key_that_belongs_to_another() -> None:
    actor = ANNA.document()
    actor["publicKey"]["owner"] = "https://society.example/actors/paul"
    with pytest.raises(FederationError):
        await Resolver(web((ANNA.id, actor))).key(ANNA.rsa_signer.key_id)


async def test_a_key_fetched_from_another_origin() -> None:
    moved = web((ANNA.id, MALLORY.document()), final={ANNA.id: MALLORY.id})
    with pytest.raises(OriginMismatch):
        await Resolver(moved).key(ANNA.rsa_signer.key_id)


async def test_the_budget() -> None:
    fetcher = web((NOTE_ID, NOTE))
    resolver = Resolver(fetcher, budget=2)
    await resolver.object(Iri(NOTE_ID))
    await resolver.object(Iri(NOTE_ID))
    with pytest.raises(Unreachable):
        await resolver.object(Iri(NOTE_ID))
    assert len(fetcher.fetched) == 2
