"""What a caller did wrong, in GitHub's error model.

https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class ApiError(Exception):
    """Ends a call with `status` and GitHub's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return body | {"documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found() -> ApiError:
    """404, also for what the caller may not know of."""
    return ApiError(404, "Not Found")


def forbidden(message: str = "Resource not accessible by integration", needs: str = "") -> ApiError:
    """403; `needs` is the missing permission, as GitHub names it in a header."""
    return ApiError(403, message, headers={"X-Accepted-GitHub-Permissions": needs} if needs else None)


def invalid(resource: str, field: str = "", code: str = "invalid", message: str = "") -> ApiError:
    """422 "Validation Failed" with one error object."""
    error = {"resource": resource, "code": code}
    if field:
        error["field"] = field
    if message:
        error["message"] = message
    return ApiError(422, "Validation Failed", [error])


def unprocessable(message: str) -> ApiError:
    """422 with a plain message, as the git endpoints give it."""
    return ApiError(422, message)
