"""Errors of the server, each with the status and the sentence that a person may see.

    AppError                 code, status, message
    ├── Invalid        422   what was sent cannot be accepted; the sentence says why and what to do
    ├── BadRequest     400   not even readable
    ├── Unauthenticated 401  nobody is signed in, or the token is not valid
    ├── NotPermitted   403   signed in, but not for this
    ├── NotFound       404   not there, or not there for you: the same answer
    ├── Conflict       409
    ├── Gone           410
    ├── TooBig         413
    ├── RateLimited    429   retry_after in seconds
    ├── StepUpRequired 403   wants a fresh second factor
    ├── Overloaded     503   retry_after in seconds
    └── StorageFull    507   nothing was stored

`message` is a gettext message id in plain English; `values` fill its placeholders. Neither ever holds post
text, tokens or patient data.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.core.i18n import N_

_NO_TOKEN = N_("The access token is invalid")
_NOT_ALLOWED = N_("This action is not allowed")
_NOTHING_THERE = N_("Record not found")
_DELETED = N_("This was deleted")
_TOO_OFTEN = N_("Too many requests")
_SECOND_FACTOR = N_("Please confirm with your second factor")
_BUSY = N_("The server is busy, please try again")
_FULL = N_("The server's disk is full; nothing was stored")


class AppError(Exception):
    """Base. status: HTTP status. message: gettext id. values: for its placeholders."""

    status = 500
    code = "error"

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class Invalid(AppError):
    """422."""

    status = 422
    code = "invalid"


class BadRequest(AppError):
    """400."""

    status = 400
    code = "bad_request"


class Unauthenticated(AppError):
    """401."""

    status = 401
    code = "unauthenticated"

    def __init__(self, message: str = _NO_TOKEN, **values: str | int) -> None:
        super().__init__(message, **values)


class NotPermitted(AppError):
    """403."""

    status = 403
    code = "not_permitted"

    def __init__(self, message: str = _NOT_ALLOWED, **values: str | int) -> None:
        super().__init__(message, **values)


class NotFound(AppError):
    """404, the same for what does not exist and for what may not be seen."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = _NOTHING_THERE, **values: str | int) -> None:
        super().__init__(message, **values)


class Conflict(AppError):
    """409."""

    status = 409
    code = "conflict"


class Gone(AppError):
    """410."""

    status = 410
    code = "gone"

    def __init__(self, message: str = _DELETED, **values: str | int) -> None:
        super().__init__(message, **values)


class TooBig(AppError):
    """413."""

    status = 413
    code = "too_big"


class RateLimited(AppError):
    """429. retry_after: seconds. allowance: headers that say how much is allowed, where a bucket is empty."""

    status = 429
    code = "rate_limited"

    def __init__(
        self, retry_after: int, message: str = _TOO_OFTEN, allowance: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.allowance = dict(allowance or {})


class StepUpRequired(AppError):
    """403 until a second factor is given again."""

    status = 403
    code = "step_up_required"

    def __init__(self, message: str = _SECOND_FACTOR) -> None:
        super().__init__(message)


class Overloaded(AppError):
    """503. retry_after: seconds."""

    status = 503
    code = "overloaded"

    def __init__(self, retry_after: int = 30, message: str = _BUSY) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageFull(AppError):
    """507. Nothing was stored."""

    status = 507
    code = "storage_full"

    def __init__(self, message: str = _FULL) -> None:
        super().__init__(message)


class SettingsError(Exception):
    """A setting, file or schema that makes it impossible to start. The text says what to do."""
