"""The corpus is data that means something: enough of it, every class and every door, no case twice."""

from collections import Counter

from agents.intake.parse import parse
from tests.injection.corpus import corpus
from tests.injection.project import hostile, twin

CLASSES = {
    *(
        "exfiltration",
        "policy override",
        "waiver forging",
        "path escape",
        "workflow injection",
        "mention spam",
        "issue forging",
    ),
    *(
        "fake system text",
        "marker forging",
        "budget exhaustion",
        "choice override",
        "approval forging",
        "tool use",
        "terminal",
    ),
}
PLACES = {
    *(
        "description",
        "domain",
        "kpi",
        "owner",
        "waiver_reason",
        "waiver_owner",
        "skill",
        "language",
        "stack",
        "storage",
    ),
    *("observability", "profile_class", "column", "source", "policy", "existing_file", "readme", "folder"),
    *("gate_comment", "comment", "issue", "model"),
}


def test_it_is_large_and_has_every_class_and_every_door() -> None:
    cases = corpus()
    assert len(cases) >= 60 and len({case.id for case in cases}) == len(cases)
    assert {case.cls for case in cases} == CLASSES and {case.place for case in cases} == PLACES
    assert min(Counter(case.cls for case in cases if case.cls != "waiver forging").values()) >= 2


def test_every_text_gets_through_the_door_that_it_names() -> None:
    """A text that the parser refuses would try nothing."""
    read, everything = parse(hostile(corpus()).constraints, "constraints.yaml").constraints, hostile(corpus())
    assert read is not None and parse(twin(corpus()).constraints, "constraints.yaml").constraints is not None
    texts = [
        *_texts(read.model_dump(mode="json")),
        everything.gate_comment,
        *everything.comments,
        *everything.issues,
        *everything.files,
    ]
    for case in corpus():
        if case.place not in ("model", "folder", "readme", "policy"):
            assert any(case.text.strip() in text for text in texts), case.id


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (str(key), *_texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)]
