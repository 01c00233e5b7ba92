"""The dialects in which other servers sign, rebuilt from what they were seen to send, must verify.

Each is written out here by hand, from the peers' own component lists, with keys of ours.
"""

from __future__ import annotations

from base64 import b64encode

import pytest

from federation.keys import PrivateKey
from federation.signatures import digest, schemes
from federation.signatures.window import format_http_date
from federation.testing.actors import NOON, rsa_key
from federation.types import HttpFrame

KEY = rsa_key("dialects")
KEY_ID = "https://peer.example/users/anna#main-key"
DATE = format_http_date(NOON)
BODY = b'{"type":"Follow"}'
POST_URL = "https://hospital.example/inbox"
GET_URL = "https://hospital.example/actors/1/followers?page=2"


def _cavage(frame: HttpFrame, names: str, form: str) -> HttpFrame:
    values = dict(frame.headers)
    path = frame.url.removeprefix("https://hospital.example")
    lines = []
    for name in names.split():
        value = f"{frame.method.lower()} {path}" if name == "(request-target)" else values[name]
        lines.append(f"{name}: {value}")
    signature = b64encode(KEY.sign("\n".join(lines).encode())).decode()
    header = form.format(key_id=KEY_ID, names=names, signature=signature)
    return HttpFrame(frame.method, frame.url, (*frame.headers, ("signature", header)), frame.body)


def _message(frame: HttpFrame, components: str, params: str) -> HttpFrame:
    derived = {
        "@method": frame.method,
        "@target-uri": frame.url,
        "@authority": "hospital.example",
        "@path": frame.url.removeprefix("https://hospital.example").partition("?")[0],
        **dict(frame.headers),
    }
    names = components.split()
    value = _params(names, params)
    base = "\n".join([*(f'"{name}": {derived[name]}' for name in names), f'"@signature-params": {value}'])
    signature = b64encode(KEY.sign(base.encode())).decode()
    made = (("signature-input", f"sig1={value}"), ("signature", f"sig1=:{signature}:"))
    return HttpFrame(frame.method, frame.url, (*frame.headers, *made), frame.body)


def _params(names: list[str], params: str) -> str:
    listed = " ".join(f'"{name}"' for name in names)
    return f"({listed}){params}"


def _post() -> HttpFrame:
    headers = (
        ("host", "hospital.example"),
        ("date", DATE),
        ("content-type", "application/activity+json"),
        ("digest", digest.make(BODY)),
        ("content-digest", digest.make_content(BODY)),
        ("user-agent", "peer/1.0"),
    )
    return HttpFrame("POST", POST_URL, headers, BODY)


def _get() -> HttpFrame:
    headers = (("host", "hospital.example"), ("date", DATE), ("accept", "application/activity+json"))
    return HttpFrame("GET", GET_URL, headers)


USUAL = 'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
SPACED = 'keyId="{key_id}", headers="{names}", signature="{signature}", algorithm="hs2019"'
BARE = 'keyId="{key_id}",headers="{names}",signature="{signature}"'
CREATED = int(NOON.timestamp())


@pytest.mark.parametrize(
    "frame",
    [
        _cavage(_post(), "(request-target) host date digest content-type", USUAL),  # Mastodon
        _cavage(_post(), "(request-target) host date digest", USUAL),  # snac, Takahe
        _cavage(_post(), "(request-target) date host digest content-type", SPACED),  # GoToSocial
        _cavage(_post(), "host date digest content-type (request-target)", BARE),  # Fedify, draft-cavage
        _cavage(_get(), "(request-target) host date accept", USUAL),  # Takahe
        _cavage(_get(), "(request-target) host date", SPACED),
        _message(  # Fedify, RFC 9421
            _post(),
            "@method @target-uri @authority host date content-digest",
            f';alg="rsa-v1_5-sha256";keyid="{KEY_ID}";created={CREATED}',
        ),
        _message(  # Mastodon
            _post(), "@method @target-uri content-digest", f';created={CREATED};keyid="{KEY_ID}"'
        ),
        _message(
            _get(), "@method @target-uri", f';created={CREATED};keyid="{KEY_ID}";expires={CREATED + 60}'
        ),
        _message(  # apsig's components, with the digest that we ask for
            _post(),
            "date @method @path @authority content-type content-digest",
            f';created={CREATED};alg="rsa-v1_5-sha256";keyid="{KEY_ID}"',
        ),
    ],
)
def test_dialects(frame: HttpFrame) -> None:
    presented = schemes.present(frame)
    assert presented.key_id == KEY_ID
    schemes.check_claims(frame, presented, NOON)
    assert schemes.fits(frame, presented, KEY.public)
    assert not schemes.fits(frame, presented, PrivateKey.generate_ed25519().public)
    assert not schemes.fits(frame, presented, rsa_key("another").public)
