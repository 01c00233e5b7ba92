"""Answers: JSON made by msgspec, HTML pages, nothing."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

_encoder = msgspec.json.Encoder()


def json(
    value: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json; charset=utf-8",
) -> Response:
    """value: a Struct, plain values, or `msgspec.Raw`."""
    return Response(_encoder.encode(value), status, headers, media_type)


def raw(
    body: bytes,
    status: int = 200,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json; charset=utf-8",
) -> Response:
    """A body that is encoded already."""
    return Response(body, status, headers, media_type)


def html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, headers, "text/html; charset=utf-8")


def redirect(where: str, status: int = 303) -> Response:
    return Response(b"", status, {"Location": where})
