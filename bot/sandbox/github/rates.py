"""The hourly limit of each caller and the headers that show it.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from bot.sandbox.github.errors import ApiError

HOUR = 3600.0


class Rates:
    """Requests of each caller in its present hour. Tests may lower `limit`."""

    def __init__(self, limit: int = 5000) -> None:
        self.limit = limit
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, caller: str, now: float) -> None:
        """Count a request. Raises ApiError 403 above the limit, as GitHub does."""
        start, used = self._window(caller, now)
        if used >= self.limit:
            message = f"API rate limit exceeded for {caller}."
            raise ApiError(403, message, headers=self.headers(caller, now))
        self._windows[caller] = (start, used + 1)

    def give_back(self, caller: str) -> None:
        """A conditional request that was answered 304 costs nothing."""
        start, used = self._windows[caller]
        self._windows[caller] = (start, max(used - 1, 0))

    def state(self, caller: str, now: float) -> dict[str, int]:
        """limit, used, remaining and reset (seconds since 1970)."""
        start, used = self._window(caller, now)
        left = max(self.limit - used, 0)
        return {"limit": self.limit, "used": used, "remaining": left, "reset": int(start + HOUR)}

    def headers(self, caller: str, now: float) -> dict[str, str]:
        """`X-RateLimit-…` of an answer."""
        shown = {f"X-RateLimit-{name.title()}": str(value) for name, value in self.state(caller, now).items()}
        return shown | {"X-RateLimit-Resource": "core"}

    def _window(self, caller: str, now: float) -> tuple[float, int]:
        start, used = self._windows.get(caller, (now, 0))
        return (now, 0) if now >= start + HOUR else (start, used)
