"""host-meta (RFC 6415), as XRD and as JSON: older software looks here for WebFinger. It is built, never read."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from federation.types import JsonObject

XRD_TYPE: Final = "application/xrd+xml; charset=utf-8"
JSON_TYPE: Final = "application/json; charset=utf-8"


def _template(base: str) -> str:
    return f"{base}/.well-known/webfinger?resource={{uri}}"


def build_xrd(base: str) -> bytes:
    """base: our scheme and host, without a slash at the end."""
    link = f'<Link rel="lrdd" template={quoteattr(_template(base))}/>'
    xrd = f'<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">{link}</XRD>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xrd}\n'.encode()


def build_json(base: str) -> JsonObject:
    return {"links": [{"rel": "lrdd", "template": _template(base)}]}
