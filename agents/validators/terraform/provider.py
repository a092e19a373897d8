"""The schema-only provider: what Terraform asks of a provider while it validates, and nothing that touches a cloud.

It stands in for a provider whose schema `schemas.py` has. Unknown and missing arguments, wrong blocks, types and
references are found by Terraform itself from the schema; the one check that providers add for every type, values for
attributes that only the provider sets, is made here. Anything that would read or change infrastructure is not served.
Terraform reaches it as a running ("reattached") plugin over a socket in the run's own folder:
https://developer.hashicorp.com/terraform/plugin/debugging#terraform-cli-development-mode.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import msgpack

from agents.validators.terraform.schemas import Block, Schema
from agents.validators.terraform.wire import embed, number, read, text

UNKNOWN = b"\xd4\x00\x00"
"""A value that is not known yet, in Terraform's MessagePack (extension type 0)."""
_SERVING = number(1, 1)
_NO_LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
Answer = Callable[[bytes, Any], bytes]
Steps = tuple[str | int, ...]


@contextmanager
def serving(socket: Path, schema: Schema) -> Iterator[None]:
    """Serves the schema on a Unix socket for as long as the context lasts."""
    answers: dict[str, dict[str, Answer]] = {
        "tfplugin5.Provider": _provider(schema),
        "grpc.health.v1.Health": {"Check": lambda request, call: _SERVING},
        "plugin.GRPCController": {"Shutdown": lambda request, call: b""},
    }
    handlers = [
        grpc.method_handlers_generic_handler(
            service, {name: grpc.unary_unary_rpc_method_handler(answer) for name, answer in methods.items()}
        )
        for service, methods in answers.items()
    ]
    server = grpc.server(ThreadPoolExecutor(8), handlers=handlers, options=_NO_LIMIT)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


def _provider(schema: Schema) -> dict[str, Answer]:
    response = schema.response()

    def validating(kind: str) -> Answer:
        return lambda request, call: judge(schema, kind, request)

    def unknown(request: bytes, call: object) -> bytes:
        return embed(1, embed(1, UNKNOWN))

    return {
        "GetSchema": lambda request, call: response,
        "PrepareProviderConfig": lambda request, call: embed(1, dict(read(request)).get(1, b"")),
        "ValidateResourceTypeConfig": validating("resource"),
        "ValidateDataSourceConfig": validating("data"),
        "ValidateEphemeralResourceConfig": validating("ephemeral"),
        "Configure": lambda request, call: b"",
        "Stop": lambda request, call: b"",
        "CallFunction": unknown,
    }


def judge(schema: Schema, kind: str, request: bytes) -> bytes:
    """`Validate*Config.Response`: a diagnostic for each value given to what only the provider sets, or to what is
    deprecated.
    """
    asked = dict(read(request))
    block = schema.types.get((kind, asked.get(1, b"").decode("utf-8")))
    packed = dict(read(asked.get(2, b""))).get(1)
    if block is None or packed is None:
        return b""
    values = msgpack.unpackb(packed, ext_hook=msgpack.ExtType, strict_map_key=False)
    return b"".join(embed(1, _diagnostic(path, flags)) for path, flags in dict(_odd(values, block, ())).items())


def _odd(values: object, block: Block, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Where a value was given that should not be, and the flags of the attribute."""
    if not isinstance(values, dict):
        return
    for name, (_, flags) in sorted(block.get("a", {}).items()):
        read_only = "c" in flags and "o" not in flags and "r" not in flags
        given = values.get(name) is not None and not isinstance(values[name], msgpack.ExtType)
        if given and (read_only or "d" in flags):
            yield (*path, name), flags
    for name, (nesting, _, _, inner) in sorted(block.get("b", {}).items()):
        below = values.get(name)
        items = below if isinstance(below, list) else below.values() if nesting == "map" and below else [below]
        for index, item in enumerate(items):
            # Elements of sets and maps are addressed by their block: that is where the argument stands as well.
            place = (*path, name, index) if nesting == "list" else (*path, name)
            for deeper, flags in _odd(item, inner, ()):
                yield (*place, *deeper) if nesting in ("list", "single", "group") else place, flags


def _diagnostic(path: Steps, flags: str) -> bytes:
    steps = b"".join(embed(1, text(1, step) if isinstance(step, str) else _index(step)) for step in path)
    if "o" in flags or "r" in flags:
        said = number(1, 2) + text(2, "Argument is deprecated") + text(3, f"{_named(path)} will go in a later version.")
    else:
        said = number(1, 1) + text(2, "Value for a read-only attribute")
        said += text(3, f"{_named(path)} cannot be set: the provider decides its value.")
    return said + embed(4, steps)


def _named(path: Steps) -> str:
    return '"' + ".".join(step for step in path if isinstance(step, str)) + '"'


def _index(step: int) -> bytes:
    # A member of a oneof is written even when it is zero.
    return number(3, step) or b"\x18\x00"
