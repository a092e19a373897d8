"""The log of webhook deliveries, and trying one again.

https://docs.github.com/rest/apps/webhooks. GitHub never tries again by itself, and neither do we.
"""

from __future__ import annotations

from itertools import islice

from bot.sandbox.github import webhooks
from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.errors import ApiError
from bot.sandbox.github.store import Doc

LISTED = (
    "id", "guid", "delivered_at", "redelivery", "duration", "status", "status_code", "event", "action",
    "installation_id", "repository_id",
)  # fmt: skip
routes = Routes()


@routes.get("/app/hook/deliveries", "app")
def list_deliveries(call: Call) -> Answer:
    """Newest first, by `per_page` and `cursor` (the Link header has the next one)."""
    try:
        size = min(int(call.query.get("per_page", "30")), 100)
        before = int(call.query["cursor"]) if "cursor" in call.query else None
    except ValueError:
        raise ApiError(400, "per_page and cursor must be numbers") from None
    wanted = {"success": {True}, "failure": {False}}.get(call.query.get("status", ""), {True, False})
    done = (one for one in call.hub.store.newest("delivery", before) if one["status"] != "pending")
    found = list(islice((one for one in done if (one["status"] == "OK") in wanted), size + 1))
    page = found[:size]
    link = f'<{call.url}?per_page={size}&cursor={page[-1]["id"]}>; rel="next"' if len(found) > size else ""
    return Answer([_item(one) for one in page], headers={"Link": link} if link else {})


@routes.get("/app/hook/deliveries/{id:int}", "app")
def get_delivery(call: Call) -> Doc:
    """One delivery with what was sent and what came back."""
    one = one_or_404(call.hub.store.get("delivery", call.path["id"]))
    return _item(one) | {
        "url": call.hub.url,
        "request": {"headers": one["request_headers"], "payload": one["payload"]},
        "response": {"headers": one["response_headers"], "payload": one["response_payload"]},
    }


@routes.post("/app/hook/deliveries/{id:int}/attempts", "app", status=202)
def redeliver(call: Call) -> Doc:
    """Send it again under the same guid."""
    one = one_or_404(call.hub.store.get("delivery", call.path["id"]))
    webhooks.record(call.hub, one["event"], one["action"], one["payload"], again=one)
    return {}


def _item(one: Doc) -> Doc:
    return {name: one[name] for name in LISTED} | {"throttled_at": None}
