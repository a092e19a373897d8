"""`reports/raw/`: what Terraform, linters and tests printed, one file a kind, as evidence beside `validation.json`."""

from agents.domain.validation import ToolResult, ValidationReport

HEAD = """\
What these tools printed on the tree {tree}, without times, durations and places of the machine (TREE, SCRATCH).
Long output is cut after its first characters, with the number of those left out; every finding is in ../validation.json.
"""


def raw_path(kind: str) -> str:
    """Where the outputs of one kind of tools are."""
    return f"reports/raw/{kind}.txt"


def raw_kinds(validation: ValidationReport) -> tuple[str, ...]:
    """The kinds that printed anything."""
    return tuple(sorted({result.evidence for result in validation.results if result.raw}))


def raw_pages(validation: ValidationReport) -> dict[str, bytes]:
    """Path to text, tools in the order of their names."""
    return {raw_path(kind): _page(kind, validation) for kind in raw_kinds(validation)}


def _page(kind: str, validation: ValidationReport) -> bytes:
    told = [result for result in validation.results if result.raw and result.evidence == kind]
    return "\n".join([HEAD.format(tree=validation.tree), *map(_tool, told)]).encode("utf-8")


def _tool(result: ToolResult) -> str:
    return f"== {result.tool} ({result.version or 'version unknown'}): {result.status}\n{result.raw}"
