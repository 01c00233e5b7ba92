"""HTTP message signatures (RFC 9421) on requests, made and verified: rsa-v1_5-sha256 and ed25519.

The key's type decides the algorithm; `alg` may only agree. Derived components: @method, @target-uri, @authority,
@scheme, @path, @query, @request-target. Refused: component parameters (`sf`, `bs`, `key`, `req`, `tr`, @query-param),
repeated components, signatures that leave out the method, the target, the content digest of a body or `created`, a
covered `Host` that is not ours, times outside the window.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

import http_sf

from federation.errors import Expired, SignatureInvalid, SignatureMissing
from federation.keys import PublicKey
from federation.ports import SigningKey
from federation.signatures import digest
from federation.signatures.target import Target, check_host, split_target
from federation.signatures.window import USUAL_WINDOW, Window, format_http_date, from_unix, parse_http_date
from federation.types import HttpFrame

_MAX_HEADER: Final = 8192
_MAX_COMPONENTS: Final = 32
_MAX_SIGNATURES: Final = 4
_ALGORITHMS: Final = {"rsa-v1_5-sha256": "rsa", "ed25519": "ed25519"}
_ALGORITHM_OF_KEY: Final = {"rsa-sha256": "rsa-v1_5-sha256", "ed25519": "ed25519"}
_BODILESS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """One member of Signature-Input with its signature. params: the value of @signature-params, serialised."""

    label: str
    components: tuple[str, ...]
    params: str
    signature: bytes
    key_id: str
    created: int
    algorithm: str | None = None
    expires: int | None = None
    nonce: str | None = None
    tag: str | None = None


def is_presented(frame: HttpFrame) -> bool:
    return any(name == "signature-input" for name, _ in frame.headers)


def parse(frame: HttpFrame) -> MessageSignature:
    """The signature to judge: the first whose coverage suffices, since proxies may have added theirs.

    Raises SignatureMissing, SignatureInvalid.
    """
    inputs, values = _dictionary(frame, "signature-input"), _dictionary(frame, "signature")
    if not inputs or len(inputs) > _MAX_SIGNATURES:
        raise SignatureInvalid("signature-malformed")
    shortcoming: SignatureInvalid | SignatureMissing | None = None
    for label, member in inputs.items():
        try:
            found = _read(label, member, values.get(label))
            _check_coverage(frame, found)
        except (SignatureInvalid, SignatureMissing) as problem:
            shortcoming = shortcoming or problem
        else:
            return found
    raise shortcoming or SignatureMissing("signature-missing")


def parse_all(frame: HttpFrame) -> list[MessageSignature]:
    """Every signature of the frame, whatever it covers: for tools and vectors, not for judging a request."""
    values = _dictionary(frame, "signature")
    return [
        _read(label, member, values.get(label))
        for label, member in _dictionary(frame, "signature-input").items()
    ]


def _dictionary(frame: HttpFrame, name: str) -> http_sf.DictionaryType:
    found = [value for key, value in frame.headers if key == name]
    if not found:
        raise SignatureMissing("signature-missing")
    if len(found) > 1:
        raise SignatureInvalid("signature-repeated")
    if len(found[0]) > _MAX_HEADER or not found[0].isascii():
        raise SignatureInvalid("signature-malformed")
    try:
        parsed = http_sf.parse(found[0].encode("ascii"), tltype="dictionary", on_duplicate_key=_repeated)
    except (http_sf.StructuredFieldError, ValueError):
        raise SignatureInvalid("signature-malformed") from None
    if not isinstance(parsed, dict):
        raise SignatureInvalid("signature-malformed")
    return parsed


def _repeated(_key: str, _context: str) -> NoReturn:
    raise SignatureInvalid("signature-parameter-repeated")


def _read(label: str, member: object, value: object) -> MessageSignature:
    match member, value:
        case (list(items), dict(params)), (bytes(signature), dict()):
            pass
        case _:
            raise SignatureInvalid("signature-malformed")
    components: list[str] = []
    for item in items:
        match item:
            case (str(name), {}) if not item[1]:
                components.append(name)
            case _:
                raise SignatureInvalid("signature-component")
    if len(components) > _MAX_COMPONENTS or len(set(components)) != len(components):
        raise SignatureInvalid("signature-component")
    created = params.get("created")
    if created is None:
        raise SignatureMissing("signature-covers-no-time")
    return MessageSignature(
        label=label,
        components=tuple(components),
        params=http_sf.ser({label: (items, params)}).partition("=")[2],
        signature=signature,
        key_id=_text(params.get("keyid")) or _no_key_id(),
        created=_integer(created),
        algorithm=_text(params.get("alg")),
        expires=_integer(params["expires"]) if "expires" in params else None,
        nonce=_text(params.get("nonce")),
        tag=_text(params.get("tag")),
    )


def _no_key_id() -> NoReturn:
    raise SignatureInvalid("signature-malformed")


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise SignatureInvalid("signature-malformed")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
        return value
    raise SignatureInvalid("time-malformed")


def _check_coverage(frame: HttpFrame, signature: MessageSignature) -> None:
    covered = set(signature.components)
    if "@method" not in covered:
        raise SignatureMissing("signature-covers-too-little")
    if "@target-uri" not in covered:
        target = split_target(frame.url)
        whole = {"@authority", "@request-target"} <= covered or {"@authority", "@path", "@query"} <= covered
        if not whole and (target.query or not {"@authority", "@path"} <= covered):
            raise SignatureMissing("signature-covers-too-little")
    if (frame.method not in _BODILESS or frame.body) and "content-digest" not in covered:
        raise SignatureMissing("signature-covers-no-digest")


def signature_base(frame: HttpFrame, signature: MessageSignature) -> bytes:
    """What is signed (RFC 9421, 2.5). Raises SignatureInvalid where a component is absent or unknown."""
    target = split_target(frame.url)
    lines = [f'"{name}": {_component(frame, target, name)}' for name in signature.components]
    lines.append(f'"@signature-params": {signature.params}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise SignatureInvalid("signed-header-malformed") from None


def _component(frame: HttpFrame, target: Target, name: str) -> str:
    match name:
        case "@method":
            return frame.method
        case "@target-uri":
            return target.uri
        case "@authority":
            return target.authority
        case "@scheme":
            return target.scheme
        case "@path":
            return target.path
        case "@query":
            return target.query or "?"
        case "@request-target":
            return target.request_target
    if name.startswith("@") or name != name.lower():
        raise SignatureInvalid("signature-component")
    values = [value.strip(" \t") for key, value in frame.headers if key == name]
    if not values:
        raise SignatureInvalid("signed-header-absent-or-repeated")
    joined = ", ".join(values)
    if "\n" in joined or "\r" in joined:
        raise SignatureInvalid("signed-header-malformed")
    return joined


def check_claims(
    frame: HttpFrame, signature: MessageSignature, now: datetime, window: Window = USUAL_WINDOW
) -> None:
    """All that can be judged without the key. Raises SignatureMissing, SignatureInvalid, Expired."""
    if signature.algorithm is not None and signature.algorithm not in _ALGORITHMS:
        raise SignatureInvalid("signature-algorithm")
    _check_coverage(frame, signature)
    if "host" in signature.components:
        check_host(frame, split_target(frame.url))
    window.check(from_unix(signature.created), now)
    if "date" in signature.components:
        window.check(parse_http_date((frame.header("date") or "").strip()), now)
    if signature.expires is not None and from_unix(signature.expires) < now:
        raise Expired("signature-expired")
    signature_base(frame, signature)  # refuses covered parts that are not there, before a key is looked up


def fits(frame: HttpFrame, signature: MessageSignature, key: PublicKey) -> bool:
    """Whether the signature is this key's over the frame. The algorithm is the key's."""
    if signature.algorithm is not None and _ALGORITHMS.get(signature.algorithm) != key.algorithm:
        return False
    return key.verify(signature.signature, signature_base(frame, signature))


def sign(
    frame: HttpFrame,
    key: SigningKey,
    now: datetime,
    *,
    also: tuple[str, ...] = (),
    label: str = "sig1",
) -> HttpFrame:
    """The frame with Host, Date, Content-Digest (where it has a body), Signature-Input and Signature.

    also: further headers of the frame to cover, in lower case.
    """
    headers = list(frame.headers)
    present = {name for name, _ in headers}
    target = split_target(frame.url)
    if "host" not in present:
        headers.append(("host", target.authority))
    if "date" not in present:
        headers.append(("date", format_http_date(now)))
    covered = ["@method", "@target-uri"]
    if frame.method not in _BODILESS or frame.body:
        if "content-digest" not in present:
            headers.append(("content-digest", digest.make_content(frame.body)))
        covered.append("content-digest")
    if "content-type" in present:
        covered.append("content-type")
    covered.extend(name for name in also if name not in covered)
    created = int(now.timestamp())
    names = " ".join(f'"{name}"' for name in covered)
    algorithm = _ALGORITHM_OF_KEY[key.algorithm]
    params = f'({names});created={created};keyid="{key.key_id}";alg="{algorithm}"'
    ready = HttpFrame(frame.method, frame.url, tuple(headers), frame.body)
    unsigned = MessageSignature(label, tuple(covered), params, b"", key.key_id, created, algorithm)
    signature = b64encode(key.sign(signature_base(ready, unsigned))).decode("ascii")
    made = (("signature-input", f"{label}={params}"), ("signature", f"{label}=:{signature}:"))
    return HttpFrame(frame.method, frame.url, ready.headers + made, frame.body)
