"""One call of the Messages API: what is sent, and what came of it, in our words. Nothing else here knows the SDK.

Facts (anthropic 2.12): a stream cut off before its end looks like a finished message without a stop reason; an error inside a stream
carries status 200; the SDK's own retries obey any `retry-after`, an hour included, so they are off and ours are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from agents.errors import BadInput
from agents.llm.fence import visible
from agents.llm.provider import Usage

if TYPE_CHECKING:
    from anthropic import APIError, APIStatusError

Platform = Literal["anthropic", "bedrock", "vertex"]
Kind = Literal["passing", "person", "unfit", "refused", "truncated"]
"""passing: may work later. person: somebody must act first. unfit: this model cannot take this request. refused: the model would
not. truncated: the answer was longer than was allowed."""

SHOWN = 160
"""Characters of the API's own words that people see."""
PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
PERSON_STATUS = {
    401: "Anthropic does not accept the key (401)",
    402: "Anthropic asks for payment (402)",
    403: "this key may not do that (403)",
    404: "Anthropic does not know the model (404)",
}


@dataclass(frozen=True)
class Said:
    """A whole answer."""

    text: str
    usage: Usage


class Trouble(Exception):
    """A call that brought no answer. `wait_s` is what the server asked for, `usage` what it took all the same."""

    def __init__(self, kind: Kind, why: str, *, wait_s: float | None = None, usage: Usage | None = None) -> None:
        super().__init__(why)
        self.kind: Kind = kind
        self.why = why
        self.wait_s = wait_s
        self.usage = usage or Usage(calls=1)


@dataclass(frozen=True)
class Request:
    """What is asked. `prefix` is what other calls of the run begin with as well."""

    model: str
    prefix: str
    own: str
    messages: Sequence[tuple[str, str]]
    schema: Mapping[str, Any]
    max_tokens: int
    effort: str | None


class Door:
    """Calls over one client. Made where it is used: a client does not survive a fork."""

    def __init__(self, *, platform: Platform, api_key: str | None, base_url: str | None, timeout_s: float) -> None:
        self._client = _client(platform, api_key, base_url, timeout_s)

    async def ask(self, request: Request) -> Said:
        """Streams one answer to its end. Raises Trouble; when cancelled, the connection is closed at once."""
        import anthropic

        try:
            async with self._client.messages.stream(**_body(request)) as stream:
                message = await stream.get_final_message()
        except anthropic.APIError as error:
            raise _trouble(error, request.model) from None
        except (AssertionError, ValueError) as error:  # a stream without a beginning, or one that is no JSON
            raise Trouble("passing", f"{request.model} sent what is no answer ({type(error).__name__})") from None
        usage = _usage(message.usage)
        if message.stop_reason != "end_turn":
            raise _stopped(message.stop_reason, request, usage)
        return Said("".join(block.text for block in message.content if block.type == "text"), usage)

    async def close(self) -> None:
        await self._client.close()


def _client(platform: Platform, api_key: str | None, base_url: str | None, timeout_s: float) -> Any:
    import anthropic

    about: dict[str, Any] = {"max_retries": 0, "timeout": timeout_s}
    if base_url is not None:
        about["base_url"] = base_url
    try:
        if platform == "bedrock":
            return anthropic.AsyncAnthropicBedrock(**about)
        if platform == "vertex":
            return anthropic.AsyncAnthropicVertex(**about)
        return anthropic.AsyncAnthropic(api_key=api_key, **about)
    except (anthropic.AnthropicError, ImportError, ValueError) as error:
        raise BadInput(
            f"Claude on {platform} cannot be used: {str(error).splitlines()[0]}",
            remedy="docs/claude.md says what to set.",
        ) from None


def _body(request: Request) -> dict[str, Any]:
    cached = {"cache_control": {"type": "ephemeral"}}
    system: list[dict[str, Any]] = [
        {"type": "text", "text": request.prefix, **cached},
        {"type": "text", "text": request.own},
    ]
    messages: list[dict[str, Any]] = [
        {"role": role, "content": [{"type": "text", "text": t}]} for role, t in request.messages
    ]
    messages[-1]["content"][0].update(cached)  # a repair reads its own first try from the cache
    config: dict[str, Any] = {"format": {"type": "json_schema", "schema": request.schema}}
    if request.effort is not None:
        config["effort"] = request.effort
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": [block for block in system if block["text"]],
        "messages": messages,
        "output_config": config,
    }


def _usage(counted: Any) -> Usage:
    cached = counted.cache_read_input_tokens or 0
    return Usage(
        calls=1,
        cache_hits=1 if cached else 0,
        input_tokens=counted.input_tokens or 0,
        cached_tokens=cached,
        written_tokens=counted.cache_creation_input_tokens or 0,
        output_tokens=counted.output_tokens or 0,
    )


def _stopped(reason: str | None, request: Request, usage: Usage) -> Trouble:
    model = request.model
    if reason == "max_tokens":
        return Trouble(
            "truncated", f"{model} needed more than {request.max_tokens:,} tokens for its answer", usage=usage
        )
    if reason == "refusal":
        return Trouble("refused", f"{model} declined to answer", usage=usage)
    if reason == "model_context_window_exceeded":
        return Trouble("unfit", f"the brief is longer than {model} can read", usage=usage)
    if reason is None:
        return Trouble("passing", f"the connection to {model} was cut in mid-answer", usage=usage)
    return Trouble("unfit", f"{model} stopped for {reason}", usage=usage)


def _trouble(error: APIError, model: str) -> Trouble:
    import anthropic

    if isinstance(error, anthropic.APITimeoutError):
        return Trouble("passing", f"{model} did not answer in time")
    if not isinstance(error, anthropic.APIStatusError):
        return Trouble("passing", f"{model} could not be reached")
    status, kind = error.status_code, error.type or ""
    if status in PASSING_STATUS or kind in PASSING_TYPES or status >= 500:
        return Trouble("passing", f"{model} is {_state(status, kind)}", wait_s=_retry_after(error))
    if status in PERSON_STATUS:
        return Trouble("person", f"{PERSON_STATUS[status]}" + (f" {model}" if status == 404 else ""))
    said = visible(error.api_message or "")[:SHOWN]
    if kind == "billing_error" or "credit balance" in said:
        return Trouble("person", PERSON_STATUS[402])
    return Trouble("unfit", f"{model} did not take the request ({status}{f': {said}' if said else ''})")


def _state(status: int, kind: str) -> str:
    if status == 529 or kind == "overloaded_error":
        return "overloaded (529)"
    if status == 429 or kind == "rate_limit_error":
        return "limiting our rate (429)"
    return f"unwell ({status if status != 200 else kind})"


def _retry_after(error: APIStatusError) -> float | None:
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None
