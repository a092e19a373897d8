"""What tools said, as text that is the same wherever and whenever the same tree is judged: `reports/raw/`."""

import re
from collections.abc import Iterable

from agents.reports.secrets import find_secrets
from agents.validators.validator import Checkout, Said

MOST = 2_500
"""Characters kept of one tool's output, the first ones. What is left out is counted; findings are all in validation.json."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_DURATION = re.compile(r"\b(in|took|after|elapsed) \d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|seconds?)\b")
_BINARY = re.compile(r"/(?:[\w.+-]+/)+bin/([\w.-]+)")
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")


def transcript(said: Iterable[Said], checkout: Checkout) -> str:
    """Each command with its exit code and what it printed, cut after `MOST` characters; "" if no tool was run.

    What a tool quotes can be a secret that somebody wrote into the tree: such output is not kept at all.
    """
    text = "".join(_block(one, checkout) for one in said)
    if next(find_secrets(text), None):
        return "[left out: it quotes what looks like a secret]\n"
    if len(text) <= MOST:
        return text
    kept = text[:MOST]
    kept = kept[: kept.rfind("\n") + 1] if "\n" in kept[MOST // 2 :] else f"{kept}\n"
    return f"{kept}[{len(text) - len(kept):,} more characters are left out]\n"


def _block(one: Said, checkout: Checkout) -> str:
    printed = [portable(part.decode("utf-8", "replace"), checkout).strip("\n") for part in (one.stdout, one.stderr)]
    shown = "".join(f"{part}\n" for part in printed if part)
    return f"$ {portable(one.command, checkout)}\n{shown}[exit code {one.exit_code}]\n"


def portable(text: str, checkout: Checkout) -> str:
    """Without colours, times, durations and places of this machine."""
    for place, name in ((checkout.folder, "TREE"), (checkout.scratch, "SCRATCH"), (checkout.folder.parent, "RUN")):
        for spelling in dict.fromkeys((str(place.resolve()), str(place))):
            text = text.replace(spelling, name)
    text = _DURATION.sub(r"\1 DURATION", _TIME.sub("TIME", _COLOUR.sub("", _BINARY.sub(r"\1", text))))
    return _CONTROL.sub("?", text.replace("\r\n", "\n"))
