"""Text that others wrote, without what cannot be seen or would act: the one place that says which characters those are."""

import json
import re
import unicodedata

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029\u0085]")


def clean(text: str) -> str:
    """Text without control, escape, invisible, direction-changing and unpaired characters; NFC; ends are `\\n`."""
    text = _SURROGATE.sub("\ufffd", text)
    text = _LINE_BREAK.sub("\n", _ANSI.sub("", text))
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _CONTROL.sub("", text)))


def printable(text: str) -> str:
    """Text for a terminal: nothing in it moves the cursor, colours, hides or turns what stands around it.

    Escape sequences and control characters are gone. What changes direction, and tags, are shown as JSON writes them: so they are
    seen, and JSON that is printed keeps its meaning. A carriage return stays at the end only, where it overwrites nothing of others.
    """
    end = "\r" if text.endswith("\r") else ""
    text = _SURROGATE.sub("\ufffd", text.removesuffix("\r"))
    text = _CONTROL.sub("", _LINE_BREAK.sub("\n", _ANSI.sub("", text)))
    return _TURNING.sub(lambda found: json.dumps(found[0])[1:-1], text) + end
