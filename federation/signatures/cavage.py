"""HTTP signatures after draft-cavage-http-signatures-12, as the fediverse speaks it, made and verified.

The key's type decides the algorithm (RSA: PKCS#1 v1.5 with SHA-256; Ed25519); the header's `algorithm` may only agree.
Refused: more than one Signature header, repeated parameters or names, dead algorithms, signatures that leave out
`(request-target)`, `host`, the time (`date` or `(created)`), or on a request with a body its digest, a `Host` that is
not ours, signed headers that are absent or come twice, times outside the window.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import Expired, SignatureInvalid, SignatureMissing
from federation.keys import PublicKey
from federation.ports import SigningKey
from federation.signatures import digest
from federation.signatures.target import check_host, split_target
from federation.signatures.window import USUAL_WINDOW, Window, format_http_date, from_unix, parse_http_date
from federation.types import HttpFrame

_MAX_HEADER: Final = 8192
_MAX_NAMES: Final = 32
_PARAMETER: Final = re.compile(r'[ \t]*([A-Za-z]{1,32})[ \t]*=[ \t]*(?:"([^"\\]*)"|([0-9]{1,15}))[ \t]*(,|$)')
_ALGORITHMS: Final = {"hs2019": ("rsa", "ed25519"), "rsa-sha256": ("rsa",), "ed25519": ("ed25519",)}
_BODILESS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class CavageSignature:
    """A parsed Signature header. headers: the names covered, lower case, in order."""

    key_id: str
    headers: tuple[str, ...]
    signature: bytes
    algorithm: str | None = None
    created: int | None = None
    expires: int | None = None


def parse(frame: HttpFrame) -> CavageSignature:
    """The one Signature header of the frame. Raises SignatureMissing, SignatureInvalid."""
    found = [value for name, value in frame.headers if name == "signature"]
    if not found:
        raise SignatureMissing("signature-missing")
    if len(found) > 1:
        raise SignatureInvalid("signature-repeated")
    parameters = _parameters(found[0])
    key_id, encoded = parameters.get("keyid"), parameters.get("signature")
    if not key_id or not encoded:
        raise SignatureInvalid("signature-malformed")
    try:
        signature = b64decode(encoded, validate=True)
    except (BadBase64, ValueError):
        raise SignatureInvalid("signature-malformed") from None
    names = tuple(parameters.get("headers", "(created)").lower().split())
    if len(names) > _MAX_NAMES or len(set(names)) != len(names):
        raise SignatureInvalid("signature-malformed")
    algorithm = parameters.get("algorithm")
    return CavageSignature(
        key_id=key_id,
        headers=names,
        signature=signature,
        algorithm=algorithm.lower() if algorithm is not None else None,
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def _parameters(text: str) -> dict[str, str]:
    if len(text) > _MAX_HEADER:
        raise SignatureInvalid("signature-malformed")
    parameters: dict[str, str] = {}
    at = 0
    more = True
    while more:
        match = _PARAMETER.match(text, at)
        if match is None:
            raise SignatureInvalid("signature-malformed")
        name, quoted, bare, comma = match.groups()
        name = name.lower()
        if name in parameters:
            raise SignatureInvalid("signature-parameter-repeated")
        parameters[name] = bare if quoted is None else quoted
        at = match.end()
        more = comma == ","
    if at != len(text):
        raise SignatureInvalid("signature-malformed")
    return parameters


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise SignatureInvalid("signature-malformed")
    return int(text)


def signing_string(frame: HttpFrame, signature: CavageSignature) -> bytes:
    """What is signed (draft-12, 2.3). Raises SignatureInvalid where a covered header is absent or comes twice."""
    lines: list[str] = []
    for name in signature.headers:
        if name == "(request-target)":
            target = split_target(frame.url).request_target
            lines.append(f"(request-target): {frame.method.lower()} {target}")
        elif name in {"(created)", "(expires)"}:
            seconds = signature.created if name == "(created)" else signature.expires
            if seconds is None or (signature.algorithm or "hs2019") != "hs2019":
                raise SignatureInvalid(
                    "signature-parameter-missing"
                )  # draft-12, 2.3: hs2019 alone may use them
            lines.append(f"{name}: {seconds}")
        else:
            values = [value for key, value in frame.headers if key == name]
            if len(values) != 1:
                raise SignatureInvalid("signed-header-absent-or-repeated")
            lines.append(f"{name}: {values[0].strip()}")
    try:
        return "\n".join(lines).encode("latin-1")  # header values are bytes read as Latin-1
    except UnicodeEncodeError:
        raise SignatureInvalid("signed-header-malformed") from None


def check_claims(
    frame: HttpFrame, signature: CavageSignature, now: datetime, window: Window = USUAL_WINDOW
) -> None:
    """All that can be judged without the key: coverage, host, time. Raises SignatureMissing, -Invalid, Expired."""
    covered = signature.headers
    if signature.algorithm is not None and signature.algorithm not in _ALGORITHMS:
        raise SignatureInvalid("signature-algorithm")
    if "(request-target)" not in covered or "host" not in covered:
        raise SignatureMissing("signature-covers-too-little")
    if "date" not in covered and "(created)" not in covered:
        raise SignatureMissing("signature-covers-no-time")
    if (frame.method not in _BODILESS or frame.body) and not {"digest", "content-digest"} & set(covered):
        raise SignatureMissing("signature-covers-no-digest")
    check_host(frame, split_target(frame.url))
    if "date" in covered:
        date = frame.header("date")
        if date is None:
            raise SignatureInvalid("signed-header-absent-or-repeated")
        window.check(parse_http_date(date.strip()), now)
    if signature.created is not None:
        window.check(from_unix(signature.created), now)
    if signature.expires is not None and from_unix(signature.expires) < now - window.forward:
        raise Expired("signature-expired")
    signing_string(frame, signature)  # refuses covered headers that are not there, before a key is looked up


def fits(frame: HttpFrame, signature: CavageSignature, key: PublicKey) -> bool:
    """Whether the signature is this key's over the frame. The algorithm is the key's."""
    if signature.algorithm is not None and key.algorithm not in _ALGORITHMS.get(signature.algorithm, ()):
        return False
    return key.verify(signature.signature, signing_string(frame, signature))


def sign(frame: HttpFrame, key: SigningKey, now: datetime) -> HttpFrame:
    """The frame with Host, Date, Digest (where it has a body) and Signature. Headers already there are kept."""
    headers = list(frame.headers)
    present = {name for name, _ in headers}
    target = split_target(frame.url)
    if "host" not in present:
        headers.append(("host", target.authority))
    if "date" not in present:
        headers.append(("date", format_http_date(now)))
    covered = ["(request-target)", "host", "date"]
    if frame.method not in _BODILESS or frame.body:
        if "digest" not in present:
            headers.append(("digest", digest.make(frame.body)))
        covered.append("digest")
    covered.extend(name for name in ("content-type", "accept") if name in present)
    algorithm = "rsa-sha256" if key.algorithm == "rsa-sha256" else "hs2019"
    ready = HttpFrame(frame.method, frame.url, tuple(headers), frame.body)
    unsigned = CavageSignature(key.key_id, tuple(covered), b"", algorithm)
    signature = b64encode(key.sign(signing_string(ready, unsigned))).decode("ascii")
    value = (
        f'keyId="{key.key_id}",algorithm="{algorithm}",headers="{" ".join(covered)}",signature="{signature}"'
    )
    return HttpFrame(frame.method, frame.url, (*ready.headers, ("signature", value)), frame.body)
