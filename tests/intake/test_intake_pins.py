"""`choose:` by slot: the keys that cards and `mlwright why` show can be written, alone and beside a capability's."""

import pytest
from samples import PLANNABLE

from agents.domain.constraints import Cloud
from agents.errors import BadInput
from agents.intake.assumptions import resolve
from agents.intake.edit import set_values
from agents.intake.parse import Parsed, parse
from agents.patterns import Catalogue

BOTH = "workload_types: [batch, online]\n"
CATALOGUE = Catalogue.load()


def read(more: str) -> Parsed:
    return parse(PLANNABLE + (BOTH + more).encode())


def pins(more: str) -> dict[str, str]:
    parsed = read(more)
    assert parsed.constraints is not None, parsed.findings
    return resolve(parsed.constraints, CATALOGUE.slots_of, parsed.locations, CATALOGUE.nearest).requirements.pins


ONLINE, BATCH = "aws-ecs-fargate", "aws-batch-scoring"
WANTED = {"serve.online": f"serve:{ONLINE}", "serve.batch": f"serve:{BATCH}"}


@pytest.mark.parametrize(
    "written",
    [
        f"{{serve.online: {ONLINE}, serve.batch: {BATCH}}}",
        f"{{serve: {{online: {ONLINE}, batch: {BATCH}}}}}",
        f"{{serve: {ONLINE}, serve.batch: {BATCH}}}",
        f"{{serve.batch: 'serve:{BATCH}', serve: {{online: {ONLINE}}}}}",
    ],
)
def test_both_slots_of_a_capability_can_be_pinned(written: str) -> None:
    assert pins(f"choose: {written}\n") == WANTED


def test_a_pin_of_the_capability_stays_valid() -> None:
    assert pins(f"choose: {{serve: {BATCH}}}\n") == {"serve.batch": f"serve:{BATCH}"}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{serve.onlin: aws-x-y}", "Did you mean serve.online?"),
        ("{train.batch: aws-x-y}", "choose.train.batch: unknown field"),
        ("{serve.streaming: aws-ecs-fargate}", "no workload of this file is streaming"),
        ("{serve.online: {online: aws-ecs-fargate}}", "serve.online is one slot already"),
        ("{serve.online: train:aws-ecs-fargate}", "a pattern for train, not for serve"),
    ],
)
def test_what_no_slot_can_mean_is_refused_in_its_place(written: str, words: str) -> None:
    parsed = read(f"choose: {written}\n")
    assert parsed.constraints is None
    assert any(words in f.message + " " + f.remediation and f.location.line == 7 for f in parsed.findings if f.location)


def test_two_patterns_for_one_slot_are_refused_not_the_first_forgotten() -> None:
    with pytest.raises(BadInput) as refused:
        pins(f"choose: {{serve: {ONLINE}, serve.online: aws-lambda-container}}\n")
    (finding,) = refused.value.findings
    assert "serve.online" in finding.message and ONLINE in finding.message and "aws-lambda-container" in finding.message
    assert finding.location is not None and finding.location.line == 7


def test_a_slot_is_pinned_to_a_pattern_of_its_own_kind() -> None:
    with pytest.raises(BadInput) as refused:
        pins(f"choose: {{serve.online: {BATCH}}}\n")
    assert "serve.batch" in refused.value.findings[0].message


@pytest.mark.parametrize(("written", "nearest"), [("serve.online: aws-nothing", ""), ("serve.online: aws-ecs-fargat", ONLINE),
                                                  ("train: aws-bach-spot", "aws-batch-spot")])  # fmt: skip
def test_a_pattern_that_does_not_exist_is_answered_with_those_of_its_slot(written: str, nearest: str) -> None:
    with pytest.raises(BadInput) as refused:
        pins(f"choose: {{{written}}}\n")
    slot = written.partition(":")[0]
    lead, _, names = refused.value.findings[0].remediation.partition(", the nearest first: ")
    assert lead == f"Name a pattern for {slot}"
    told = names.rstrip(".").split(", ")
    assert sorted(told) == sorted(p.id.partition(":")[2] for p in CATALOGUE.for_slot(slot, Cloud.AWS))
    assert not nearest or told[0] == nearest


def test_a_pin_written_by_slot_is_replaced_where_it_stands() -> None:
    file = b"version: 1\nproject: {name: x}\nchoose: {serve.online: aws-a-b}  # by Ada\n"
    assert set_values(file, {"choose.serve.online": "aws-c-d"}) == file.replace(b"aws-a-b", b"aws-c-d")
