"""Errors of the API in the one shape of SPEC §22.4."""

from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from bot.errors import Unavailable
from bot.log import logger

log = logger(__name__)

CODES = {
    400: "validation_failed",
    404: "not_found",
    410: "not_found",
    409: "conflict",
    422: "validation_failed",
    429: "rate_limited",
}


def problem(
    status: int,
    message: str,
    *,
    code: str | None = None,
    retry_after_s: int | None = None,
    run_id: str | None = None,
) -> JSONResponse:
    """A response with the error model; `code` follows from the status unless given."""
    error: dict[str, Any] = {
        "code": code or CODES.get(status, "internal"),
        "message": message,
        "retry_after_s": retry_after_s,
        "run_id": run_id,
        "node_name": None,
    }
    wait = {"retry-after": str(retry_after_s)} if retry_after_s is not None else None
    return JSONResponse({"error": error}, status_code=status, headers=wait)


def install(app: FastAPI) -> None:
    """Makes every error of the application one of these."""

    @app.exception_handler(StarletteHTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def validation(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return problem(422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")

    @app.exception_handler(Unavailable)
    async def unavailable(_: Request, error: Unavailable) -> JSONResponse:
        return problem(503, error.message, code="provider_down", retry_after_s=int(error.after_s))

    @app.exception_handler(Exception)
    async def defect(_: Request, error: Exception) -> JSONResponse:
        log.exception("a request met a defect", exc_info=error)
        return problem(500, "mlwright met an error of its own; the log has the details under this request's id.")
