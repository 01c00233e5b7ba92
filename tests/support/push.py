"""A device and its push service, for tests: keys, decryption by hand, and a TLS server on this machine that keeps what it is sent.

device = Device()
with push_service(folder) as service:
    service.url("ana"); service.status = 410; service.received
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def open_aes128gcm(body: bytes, secret: bytes) -> bytes:
    """RFC 8188, any number of records. secret: the input keying material."""
    salt, size, named = body[:16], int.from_bytes(body[16:20]), body[20]
    sealed = body[21 + named :]
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    base = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    found = b""
    records = [sealed[at : at + size] for at in range(0, len(sealed), size)]
    for number, record in enumerate(records):
        nonce = (int.from_bytes(base) ^ number).to_bytes(12)
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert plain[-1] == (2 if number == len(records) - 1 else 1), "the delimiter of the record"
        found += plain[:-1]
    return found


@dataclass
class Device:
    """What an app keeps on a telephone."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def fields(self, endpoint: str, **alerts: str) -> dict[str, str]:
        """The form that an app sends to subscribe."""
        said = {
            "subscription[endpoint]": endpoint,
            "subscription[keys][p256dh]": b64(self.public),
            "subscription[keys][auth]": b64(self.auth),
        }
        return said | {f"data[alerts][{kind}]": value for kind, value in alerts.items()}

    def open(self, headers: dict[str, str], body: bytes) -> bytes:
        """What was sent, however it was encrypted."""
        if headers["content-encoding"] == "aes128gcm":
            return self.open_standard(body)
        assert headers["content-encoding"] == "aesgcm"
        salt = unb64(headers["encryption"].removeprefix("salt="))
        return self.open_draft(body, salt, unb64(headers["crypto-key"].split(";")[0].removeprefix("dh=")))

    def _shared(self, sender: bytes) -> bytes:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        return self.private.exchange(ec.ECDH(), point)

    def open_standard(self, body: bytes) -> bytes:
        """RFC 8291."""
        sender = body[21 : 21 + body[20]]
        info = b"WebPush: info\0" + self.public + sender
        return open_aes128gcm(body, _hkdf(self.auth, self._shared(sender), info, 32))

    def open_draft(self, body: bytes, salt: bytes, sender: bytes) -> bytes:
        """draft-ietf-webpush-encryption-04."""
        secret = _hkdf(self.auth, self._shared(sender), b"Content-Encoding: auth\0", 32)
        context = b"P-256\0\0\x41" + self.public + b"\0\x41" + sender
        key = _hkdf(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
        plain = AESGCM(key).decrypt(nonce, body, None)
        padding = int.from_bytes(plain[:2])
        assert not any(plain[2 : 2 + padding])
        return plain[2 + padding :]


def claims(headers: dict[str, str], public: str) -> dict[str, Any]:
    """What the sender states, its signature verified with the key that the instance publishes."""
    scheme, _, rest = headers["authorization"].partition(" ")
    if scheme == "vapid":
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        token, key = parts["t"], parts["k"]
    else:
        assert scheme == "WebPush"
        token, key = rest, headers["crypto-key"].partition("p256ecdsa=")[2]
    assert key == public
    head, said, proof = token.split(".")
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(proof)
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(public))
    point.verify(signature, f"{head}.{said}".encode(), ec.ECDSA(SHA256()))
    found: dict[str, Any] = json.loads(unb64(said))
    return found


@dataclass
class PushService:
    """status: what it answers. received: path, headers in lower case, body."""

    port: int = 0
    authority_file: Path = Path()
    status: int = 201
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def url(self, name: str) -> str:
        return f"{self.origin}/push/{name}"

    def to(self, name: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for path, headers, body in list(self.received) if path == f"/push/{name}"]


@contextmanager
def push_service(folder: Path) -> Iterator[PushService]:
    authority = trustme.CA()
    service = PushService(authority_file=folder / "push-ca.pem")
    authority.cert_pem.write_to_path(service.authority_file)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.received.append((self.path, headers, body))
            self.send_response(service.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its signature
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
