"""Sentences and clauses of a brief, and whether a word in them is meant, denied, doubted or only asked about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bN\.)(?<!\bapprox\.)\s+(?=\S)|;|\n\s*\n"
    # A line of its own: a bullet, a heading, `Budget: …`. Other line ends only wrap a sentence.
    r"|\n(?=\s*(?:[-*•#>|]|\d{1,2}[.)]\s|[A-Z][\w /-]{0,30}:))"
)
_CLAUSE_END = re.compile(
    r"[,;:()!?]|\.(?:\s|$)|\b(?:but|so|although|though|however|whereas|while|yet)\b", re.IGNORECASE
)
_DENIAL = re.compile(
    r"\b(?:no|not|never|nobody|none|nothing|without|cannot|neither|nor|avoid|avoiding|except|excluding|unlike"
    r"|instead of|rather than"
    r"|away from|move off|moving off|migrate off|migrating off|leaving|leave|drop|dropping|\w+n['’]t)\b"
    r"(?! only| case\b| doubt| problem| more than| less than| later than| longer than| above| over| exceed| just)",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"\W{1,3}(?:\w+\W){0,2}?(?:(?:is|are|was|does|do|will|would|has|have)(?: not\b|n['’]t\b)"
    r"|(?:is|are) (?:out of scope|irrelevant|unnecessary|off the table))",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:later|eventually|some ?day|in (?:the )?future|next year|phase (?:2|two)|might|may|maybe|perhaps|considering"
    r"|considered|evaluating|evaluated|evaluate|not sure|unsure|undecided|used to|previously|formerly|competitors?)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:hi|hello|hey|please)?[\s,]*(?:could|can|would) (?:you|someone|we get)(?: please)? (?:help|build|make"
    r"|create|set|plan)",
    re.IGNORECASE,
)
"""A wish in the form of a question: what follows is stated."""
MAX_SENTENCE = 1_000
_MOST_WORDS_BETWEEN = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the text with line ends as spaces; `start` is its place in the whole."""

    text: str
    start: int

    @property
    def asks(self) -> bool:
        """True for a question: nothing in it is stated."""
        return self.text.rstrip().endswith("?") and _REQUEST.match(self.text) is None


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences and lines of a text, without surrounding space, none empty."""
    start = 0
    flat = re.sub(r"\s", " ", text)
    for cut in [*_SENTENCE.finditer(text), None]:
        end = cut.start() if cut is not None else len(text)
        part = flat[start:end]
        # Longer stretches are cut: patterns look back and ahead within one, which would take quadratic time.
        for offset in range(0, len(part), MAX_SENTENCE):
            piece = part[offset : offset + MAX_SENTENCE]
            if stripped := piece.strip():
                yield Sentence(stripped, start + offset + piece.index(stripped))
        if cut is not None:
            start = cut.end()


def is_meant(sentence: str, start: int, end: int) -> bool:
    """True if the words at `start`–`end` are stated: not denied before or after, not doubted in their clause."""
    before, after = _around(sentence, start, end)
    for denial in _DENIAL.finditer(before):
        if len(before[denial.end() :].split()) <= _MOST_WORDS_BETWEEN:
            return False
    if _DENIED_AFTER.match(after):
        return False
    return _DOUBT.search(before) is None and _DOUBT.search(after) is None


def _around(sentence: str, start: int, end: int) -> tuple[str, str]:
    """The rest of the clause before and after the words."""
    window = sentence[max(0, start - 160) : start]
    cuts = list(_CLAUSE_END.finditer(window))
    before = window[cuts[-1].end() :] if cuts else window
    following = sentence[end : end + 160]
    cut = _CLAUSE_END.search(following)
    return before, following[: cut.start()] if cut else following
