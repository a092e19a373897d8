"""Makes the package data: `terraform providers schema -json` of one provider becomes one gzip file, one line a type.

    terraform providers schema -json | python -m agents.validators.terraform.pack hashicorp/aws 5.100.0 FOLDER

Descriptions are left out, everything that `terraform validate` judges by is kept. Same input, same bytes.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FLAG_OF = {
    "required": "r",
    "optional": "o",
    "computed": "c",
    "sensitive": "s",
    "deprecated": "d",
    "write_only": "w",
}
_SECTIONS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}


def pack(provider: dict[str, Any]) -> bytes:
    """The file's bytes. Raises ValueError for what protocol 5 cannot say (nested attribute types)."""
    head = {"provider": _block(provider["provider"]["block"]), "functions": _functions(provider.get("functions", {}))}
    lines = [_json(head), *_types(provider)]
    return gzip.compress(("\n".join(lines) + "\n").encode("utf-8"), 9, mtime=0)


def _types(provider: dict[str, Any]) -> Iterator[str]:
    for kind, section in _SECTIONS.items():
        for name, schema in sorted(provider.get(section, {}).items()):
            yield f"{kind} {name} {_json(_block(schema['block']))}"


def _block(block: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    attributes = block.get("attributes", {})
    if any("type" not in attribute for attribute in attributes.values()):
        raise ValueError("nested attribute types need protocol 6")
    if attributes:
        out["a"] = {
            name: [attribute["type"], "".join(flag for key, flag in _FLAG_OF.items() if attribute.get(key))]
            for name, attribute in attributes.items()
        }
    if block.get("block_types"):
        out["b"] = {
            name: [
                nested["nesting_mode"],
                nested.get("min_items", 0),
                nested.get("max_items", 0),
                _block(nested["block"]),
            ]
            for name, nested in block["block_types"].items()
        }
    return out


def _functions(functions: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "type", "is_nullable")

    def slim(parameter: dict[str, Any]) -> dict[str, Any]:
        return {key: parameter[key] for key in kept if key in parameter}

    out = {}
    for name, function in functions.items():
        out[name] = {"return_type": function["return_type"]}
        if function.get("parameters"):
            out[name]["parameters"] = [slim(parameter) for parameter in function["parameters"]]
        if function.get("variadic_parameter"):
            out[name]["variadic_parameter"] = slim(function["variadic_parameter"])
    return out


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    source, version, folder = sys.argv[1:4]
    schemas = json.load(sys.stdin)["provider_schemas"]
    content = pack(schemas[f"registry.terraform.io/{source}"])
    (Path(folder) / f"{source.rpartition('/')[2]}-{version}.jsonl.gz").write_bytes(content)
