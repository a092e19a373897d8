"""A process that speaks Anthropic's Messages API over HTTP: streams, usage with a prompt cache, and the faults that it is told.

It stands in for Claude: it reads the questions in the prompt and answers them, by the expert's choice or by another feasible one. With
`obey` it answers as an injected text wants: `{"<question>": [<try>, ...]}`, one try after the other, each with fields that take the
place of the answer's, `choose_refused` (a candidate that is not feasible), `extra` (keys that nobody asked for) or `raw` (all of it).
`POST /control` takes `{"faults": [...], "choose": "expert" | "other", "hold_s": 0.1, "latency_s": [0.3, 0.8], "seed": 1, "obey": {...}}`;
with `latency_s` each call takes a time between both that follows from seed and agent. `GET /journal` tells what came in. A fault is
`{"agent": name, "model": id, "times": n, "kind": ..., ...}`; agent and model may be left out. `edits` are what is
written at extension points: by agent a list of answers, one a round (the last one again and again), each a list of `{"point", "text", …}`.
Run: python -m tests.claude.messages_server  (prints its port).
"""

import json
import random
import re
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DATA = re.compile(r'<data source="([^"]+)">\n(.*?)\n</data>', re.DOTALL)
AGENT = re.compile(r"^You are agent \d+, .* \(`([a-z_]+)`\)\.", re.MULTILINE)
ERRORS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
          429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}  # fmt: skip
Event = tuple[str, dict[str, Any]]


class State:
    """What the server was told and what it saw; one for all connections."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset({})

    def reset(self, told: dict[str, Any]) -> None:
        with self.lock:
            self.faults = [dict(fault) for fault in told.get("faults", [])]
            self.obey: dict[str, list[dict[str, Any]]] = told.get("obey", {})
            self.choose, self.hold_s = told.get("choose", "expert"), told.get("hold_s", 0.0)
            self.edits = told.get("edits", {})
            self.latency_s, self.seed = told.get("latency_s"), told.get("seed", 0)
            self.calls: list[dict[str, Any]] = []
            self.cached: set[str] = set()
            self.in_flight = self.most_in_flight = 0

    def enter(self, call: dict[str, Any]) -> dict[str, Any] | None:
        """Notes the call; the fault that it meets, if any."""
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.calls.append(call)
            for fault in self.faults:
                met = (
                    fault.get("agent", call["agent"]) == call["agent"]
                    and fault.get("model", call["model"]) == call["model"]
                )
                if met and fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    call["fault"] = fault["kind"]
                    return fault
            return None

    def held_s(self, agent: str) -> float:
        """How long an answer to that agent takes."""
        if self.latency_s is None:
            return float(self.hold_s)
        low, high = self.latency_s
        return float(random.Random(f"{self.seed} {agent}").uniform(low, high))

    def leave(self) -> None:
        with self.lock:
            self.in_flight -= 1

    def cache(self, prefix: str) -> bool:
        """Whether the prefix was seen before; from now on it was."""
        with self.lock:
            known = prefix in self.cached
            self.cached.add(prefix)
            return known


STATE = State()


def written(text: str, rounds: list[list[dict[str, Any]]], number: int) -> str:
    """What is written at extension points in that round: the decisions that it names are the first ones that it was told."""
    if not rounds:
        return json.dumps({"edits": []})
    known = [decision["id"] for decision in json.loads(dict(DATA.findall(text))["decisions"])]
    usual = {"reason": "It follows from the columns.", "decisions": known[:1]}
    return json.dumps({"edits": [{**usual, **edit} for edit in rounds[min(number, len(rounds) - 1)]]})


def answered(text: str, choose: str, fault: dict[str, Any] | None, turn: int = 0) -> str:
    """The answers to the questions in a prompt, as JSON; wrong in the way a fault asks for."""
    questions = json.loads(dict(DATA.findall(text))["questions"])
    kind = fault["kind"] if fault else ""
    answers: list[dict[str, Any]] = []
    for question in questions:
        chosen = question["expert"]["candidate"]
        others = [c["id"] for c in question["candidates"] if c["id"] != chosen]
        if choose == "other" and others:
            chosen = others[0]
        answers.append(
            {
                "key": question["key"],
                "candidate": chosen,
                "justification": f"{chosen} carries what {question['key']} asks for.",
                "cites": question["rests_on"][:1],
                "risks": [],
            }
        )
    for question, answer in zip(questions, answers, strict=True):
        tries = STATE.obey.get(question["key"], [])
        if tries:
            order = dict(tries[min(turn, len(tries) - 1)])
            if "raw" in order:
                return str(order["raw"])
            refused = question["refused"]
            if order.pop("choose_refused", False) and refused:
                answer["candidate"] = refused[0]
            answer.update(order.pop("extra", {}))
            answer.update(order)
    if kind == "wrong_candidate":
        answers[0]["candidate"] = "magic"
    if kind == "bad_cite":
        answers[0]["cites"] = ["the.moon"]
    if kind == "link":
        answers[0]["justification"] = "See https://example.test/steal"
    if kind == "schema":
        return json.dumps({"choices": answers})
    return "Sure! Here you go." if kind == "garbage" else json.dumps({"answers": answers})


class Handler(BaseHTTPRequestHandler):
    """One connection. Bodies end with the connection, as a stream that is cut off does."""

    def log_message(self, *_: Any) -> None:
        return None

    def do_GET(self) -> None:
        with STATE.lock:
            told = {"calls": list(STATE.calls), "most_in_flight": STATE.most_in_flight}
        self._json(200, told)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/control":
            STATE.reset(body)
            return self._json(200, {})
        text = body["messages"][0]["content"][0]["text"]
        found = AGENT.search(text)
        call = {
            "agent": found[1] if found else "",
            "model": body["model"],
            "body": body,
            "key": self.headers.get("authorization", "").removeprefix("Bearer "),
        }
        fault = STATE.enter(call)
        try:
            call["held_s"] = STATE.held_s(call["agent"])
            time.sleep(call["held_s"])
            self._answer(body, text, fault, call)
        except (BrokenPipeError, ConnectionResetError):
            with STATE.lock:
                call["hung_up"] = True
        finally:
            STATE.leave()
        return None

    def _answer(self, body: dict[str, Any], text: str, fault: dict[str, Any] | None, call: dict[str, Any]) -> None:
        kind = fault["kind"] if fault else ""
        if fault and kind == "status":
            error = {"type": ERRORS.get(fault["status"], "api_error"), "message": fault.get("message", "as told")}
            headers = {"retry-after": str(fault["retry_after"])} if "retry_after" in fault else {}
            return self._json(fault["status"], {"type": "error", "error": error}, headers)
        if kind == "not_http":
            self.wfile.write(b"\x00\x01\x02")
            return None
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for name, event in self._events(body, text, fault, call):
            self.wfile.write(f"event: {name}\ndata: {json.dumps({'type': name, **event})}\n\n".encode())
            self.wfile.flush()
        return None

    def _events(
        self, body: dict[str, Any], text: str, fault: dict[str, Any] | None, call: dict[str, Any]
    ) -> Iterator[Event]:
        kind = fault["kind"] if fault else ""
        if '<data source="extension points">' in text:
            told = body["system"][0]["text"]
            said = written(told, STATE.edits.get(call["agent"], []), len(body["messages"]) // 2)
            said = "Sure! Here you go." if kind == "garbage" else said
        else:
            said = answered(text, STATE.choose, fault, len(body["messages"]) // 2)
        prefix = body["system"][0]["text"] if body["system"][0].get("cache_control") else ""
        size, hit = len(prefix) // 4, STATE.cache(body["model"] + prefix) if prefix else False
        told = [block["text"] for message in body["messages"] for block in message["content"]]
        told += [block["text"] for block in body["system"] if not block.get("cache_control")]
        rest = sum(map(len, told)) // 4
        usage = {"input_tokens": rest, "output_tokens": 1, "cache_read_input_tokens": size if hit else 0,
                 "cache_creation_input_tokens": 0 if hit else size}  # fmt: skip
        call["usage"] = {**usage, "output_tokens": len(said) // 4}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
                   "stop_reason": None, "stop_sequence": None, "usage": usage}  # fmt: skip
        yield "message_start", {"message": message}
        if kind == "empty":
            return
        yield "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}
        yield "content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": said[: len(said) // 2]}}
        if kind == "stream_overloaded":
            yield "error", {"error": {"type": "overloaded_error", "message": "Overloaded"}}
            return
        if kind == "cut":
            return
        if kind == "hang":
            for _ in range(600):
                time.sleep(0.05)
                yield "ping", {}
        yield "content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": said[len(said) // 2 :]}}
        yield "content_block_stop", {"index": 0}
        reason = {"refusal": "refusal", "max_tokens": "max_tokens", "context": "model_context_window_exceeded"}.get(
            kind, "end_turn"
        )
        yield (
            "message_delta",
            {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": len(said) // 4}},
        )
        yield "message_stop", {}

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
