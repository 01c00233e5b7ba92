"""Everything the library raises.

    FederationError
    ├── Malformed            the document is not what it says; `reason` names what
    ├── Unverified
    │   ├── SignatureMissing
    │   ├── SignatureInvalid
    │   ├── KeyUnavailable   the key could not be had now; trying later may help
    │   └── Expired          created or Date outside the allowed skew
    ├── OriginMismatch       an id, key or author belongs to another origin or owner
    ├── Refused              the host's gate says no (origin not allowed); nothing was looked up
    ├── Unreachable
    │   ├── TimedOut
    │   ├── AddressNotPublic
    │   ├── TooLarge
    │   └── BadStatus        an answer outside 2xx that is none of the others
    └── Gone                 the peer says 404 or 410

Each has `reason`, a short constant in kebab-case that logs and answers may carry; it never holds remote text.
"""

from __future__ import annotations

from typing import Final

ORIGIN_NOT_ALLOWED: Final = "origin-not-allowed"
"""The reason of a refusal, on the way in or out, that is about the allowlist alone."""


class FederationError(Exception):
    """Base of all. reason: a constant in kebab-case, safe to log and to answer with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(FederationError):
    """A document, header or id is not of the form that its specification gives."""


class Unverified(FederationError):
    """Who sent it could not be established."""


class SignatureMissing(Unverified):
    """No signature, or one that does not cover what it must."""


class SignatureInvalid(Unverified):
    """The signature does not fit the message, or is made by a dead algorithm."""


class KeyUnavailable(Unverified):
    """The key named could not be fetched or read."""


class Expired(Unverified):
    """The time in the signature lies outside the allowed skew."""


class OriginMismatch(FederationError):
    """An id, key, author or actor belongs to another origin or owner than the sender."""


class Refused(FederationError):
    """The host's gate does not allow this origin."""


class Unreachable(FederationError):
    """The peer gave no usable answer."""


class TimedOut(Unreachable):
    """The total deadline passed."""


class AddressNotPublic(Unreachable):
    """A name resolves to an address that must not be dialled."""


class TooLarge(Unreachable):
    """The answer or its headers exceed the limit."""


class BadStatus(Unreachable):
    """An unexpected HTTP status. status: the number."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class Gone(FederationError):
    """The peer says that it is not there (404, 410)."""
