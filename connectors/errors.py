"""Errors that a caller of the HTTP API is meant to see, and how they become responses.

ServiceError (400)
├── InvalidInput 422          a field is missing, too long or of the wrong form
├── NotAuthenticated 401      no token, or one that is not known
├── NotAllowed 403            known, but not for this
├── ConversationNotFound 404
├── HandoverNotFound 404
├── HandoverAlreadyClaimed 409
├── WrongState 409            the conversation or handover is not where this can be done
├── ConversationClosed 409
├── TooManyRequests 429       with Retry-After
└── Unavailable 503           a part that is needed is down, with what to do instead
"""

from typing import ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """The body of every error."""

    code: str
    message: str


class ServiceError(Exception):
    """An expected failure: it carries its own HTTP status and a code that clients may test.

    Anything else that escapes a route is a defect, answers 500 and is logged with its trace.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers


class InvalidInput(ServiceError):
    """A field of the request is missing, too long or of the wrong form."""

    status = 422
    code = "invalid_input"


class NotAuthenticated(ServiceError):
    """No token, or one that is not known or has expired."""

    status = 401
    code = "not_authenticated"

    def __init__(self, message: str = "Log in, or send a valid token as 'Authorization: Bearer …'.") -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class NotAllowed(ServiceError):
    """The caller is known but may not do this."""

    status = 403
    code = "not_allowed"


class ConversationNotFound(ServiceError):
    """No such conversation, or not one that this token opens."""

    status = 404
    code = "conversation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such conversation.")


class HandoverNotFound(ServiceError):
    """No such handover, or not one of the employee's teams."""

    status = 404
    code = "handover_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such handover.")


class HandoverAlreadyClaimed(ServiceError):
    """Two employees reached for one conversation and this one came second."""

    status = 409
    code = "handover_already_claimed"

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} har allerede taget henvendelsen.")


class WrongState(ServiceError):
    """The conversation or handover is not in a state where this can be done."""

    status = 409
    code = "wrong_state"


class ConversationClosed(ServiceError):
    """The conversation has ended; a new one must be started."""

    status = 409
    code = "conversation_closed"

    def __init__(self) -> None:
        super().__init__("Samtalen er afsluttet. Start en ny samtale.")


class TooManyRequests(ServiceError):
    """A rate limit was reached; ``Retry-After`` says for how long."""

    status = 429
    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"For mange kald. Prøv igen om {retry_after} sekunder.", {"Retry-After": str(retry_after)})


class Unavailable(ServiceError):
    """A part that is needed does not answer now."""

    status = 503
    code = "unavailable"


def problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The one form of every error response."""
    return JSONResponse({"code": code, "message": message}, status, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error as ``{"code": …, "message": …}`` with its status."""

    async def on_service_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ServiceError)
        return problem(error.status, error.code, error.message, error.headers)

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem(400, "invalid_json", "The body is not valid JSON.")
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        # The value itself is left out: it may be what a citizen wrote.
        return problem(422, "invalid_input", f"{place or 'body'}: {first['msg']}")

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        codes = {404: "not_found", 405: "method_not_allowed", 401: "not_authenticated", 400: "bad_request"}
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, codes.get(error.status_code, "error"), str(error.detail), headers)

    async def on_defect(request: Request, error: Exception) -> JSONResponse:
        log.error("defect", path=request.url.path, error=type(error).__name__, exc_info=error)
        return problem(500, "defect", "Der skete en fejl hos os. Prøv igen, eller ring til os.")

    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_defect)
