"""YAML: every document is well-formed and no mapping has a key twice."""

from collections.abc import Iterator

import yaml

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator, suffix


def version() -> str:
    """The library's version."""
    return f"PyYAML {yaml.__version__}"


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """Notes for syntax errors and doubled keys. Nothing is constructed, so tags do nothing and aliases
    cost nothing.
    """
    try:
        for document in yaml.compose_all(content, Loader=yaml.CSafeLoader):
            yield from _doubled(path, document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        yield Note("invalid-yaml", path, error.problem or "not YAML", line=place[0], column=place[1])
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield Note("invalid-yaml", path, str(error).split("\n")[0], remediation="save the file as UTF-8 text")


def _doubled(path: str, document: yaml.Node | None) -> Iterator[Note]:
    waiting, seen = [document], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = set()
            for key, value in node.value:
                waiting += [key, value]
                name = key.value if isinstance(key, yaml.ScalarNode) else None
                if name in keys and name is not None and name != "<<":
                    mark = key.start_mark
                    message = f"the key {name!r} stands twice in one mapping; only the last one counts"
                    yield Note("duplicate-key", path, message, mark.line + 1, mark.column + 1)
                keys.add(name)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


VALIDATOR = Validator("yaml", True, "pyyaml", suffix(".yaml", ".yml"), in_child(__name__))
