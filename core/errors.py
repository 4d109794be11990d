"""Errors that people are expected to meet. Each says what to do next and knows its HTTP status."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One bad field: `field` is its dotted path in the request, `message` is for the person."""

    field: str
    message: str


class DomainError(Exception):
    """Base of every expected error.

    Subclasses set `status` (HTTP) and `code` (stable, for the `type` of RFC 9457) and are raised with
    a Korean sentence that says what to do next.
    """

    status = 400
    code = "bad-request"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class NotFoundError(DomainError):
    """Unknown, or another company's: the two look alike on purpose."""

    status = 404
    code = "not-found"


class InvalidError(DomainError):
    """A field cannot be taken as it is; `errors` names them all."""

    status = 422
    code = "invalid"


class ConflictError(DomainError):
    """The state does not allow it (any more); the detail names the state and the way on."""

    status = 409
    code = "conflict"


class GoneError(DomainError):
    """It was there, and is not to be had any more."""

    status = 410
    code = "gone"


class ForbiddenError(DomainError):
    """The role may not do this."""

    status = 403
    code = "forbidden"


class UnauthorizedError(DomainError):
    """No, bad or expired credentials."""

    status = 401
    code = "unauthorized"


class TooManyError(DomainError):
    """Too often; `retry_after_s` whole seconds later it may be tried again."""

    status = 429
    code = "too-many"

    def __init__(self, detail: str, *, retry_after_s: int, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail, errors=errors)
        self.retry_after_s = retry_after_s


class UnavailableError(DomainError):
    """A neighbour (database, provider) is away; try again, or carry on by hand."""

    status = 503
    code = "unavailable"
