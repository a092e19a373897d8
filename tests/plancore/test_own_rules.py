"""A repository's own rules: they add, never replace; every mistake is found at its line; nothing is read without bound."""

from pathlib import Path

import pytest

from agents.domain.findings import Finding, Severity
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.nodes.intake import intake_extract
from agents.graph.run import new_run
from agents.graph.state import Intake, State
from agents.llm.expert import ExpertProvider
from agents.policy.engine import evaluate
from agents.policy.own import MAX_EXPRESSION, MAX_LOOPS, with_own
from agents.policy.rules import RulePack
from agents.ports import MAX_POLICY_BYTES, MAX_POLICY_FILES
from bot.cli.folder import own_policies
from tests.plancore.test_policy import BASE

SHIPPED = RulePack.load()
NAME = ".mlwright/policies/two_people.yaml"
RULE = """id: two_people
title: Nobody works alone
stage: plan
level: fail
pass_when: "requirements.team_size >= 2 && cost.monthly_usd < 100000"
detail: "{requirements.team_size} people"
remediation: Name a second person.
keys: [team_constraints.size]
"""


def read(text: str, path: str = NAME) -> tuple[RulePack, tuple[Finding, ...]]:
    return with_own(SHIPPED, {path: text.encode()})


def test_an_own_rule_is_judged_beside_the_shipped_ones() -> None:
    pack, findings = read(RULE)
    assert findings == () and set(pack.ids) == {*SHIPPED.ids, "two_people"}
    alone = {**BASE, "requirements": {**BASE["requirements"], "team_size": 1}}
    result = next(r for r in evaluate("plan", alone, pack).rules if r.id == "two_people")
    assert (result.status, result.area, result.origin) == ("fail", "repository", NAME)
    assert [(part.text, part.holds, part.values) for part in result.parts] == [
        ("requirements.team_size >= 2", False, {"requirements.team_size": "1"}),
        ("cost.monthly_usd < 100000", True, {"cost.monthly_usd": result.values["cost.monthly_usd"]}),
    ]


def test_the_pack_of_a_repository_has_its_own_digest() -> None:
    first, second = read(RULE)[0].digest, read(RULE.replace(">= 2", ">= 3"))[0].digest
    assert len({SHIPPED.digest, first, second, read(RULE, NAME.replace("two", "2"))[0].digest}) == 4
    assert with_own(SHIPPED, {}) == (SHIPPED, ())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (RULE.replace("id: two_people", "id: budget_band"), 1, "no file takes its place"),
        (RULE.replace("stage: plan", "stage: later"), 3, "stage: Input should be 'plan' or 'files'"),
        (RULE.replace("level: fail\n", ""), 1, "level: Field required"),
        (RULE.replace(">= 2", ">= "), 5, "pass_when"),
        (RULE + "more: 1\n", 9, "more: Extra inputs"),
        (RULE + "  - [\n", 9, "is not YAML"),
        ("[]", 1, "the file"),
        (RULE.replace("title: Nobody", "title: &a Nobody").replace('detail: "', "detail: *a #"), 1, "alias"),
        (RULE.replace("cost.monthly_usd < 100000", " || ".join(["true"] * 500)), 5, "longer than"),
        (
            RULE.replace("cost.monthly_usd < 100000", "bom" + ".filter(b, true)" * (MAX_LOOPS + 1) + " == []"),
            5,
            "loops",
        ),
        (RULE + "x" * MAX_POLICY_BYTES, 1, "larger than 20,000 bytes"),
    ],
)
def test_a_bad_file_is_a_located_mistake_and_the_shipped_rules_stand(text: str, line: int, words: str) -> None:
    pack, (finding,) = read(text)
    assert words in finding.message and finding.severity is Severity.ERROR and finding.remediation
    assert finding.location is not None and (finding.location.path, finding.location.line) == (NAME, line)
    assert pack.ids == SHIPPED.ids
    assert MAX_EXPRESSION == 2000


def test_a_rule_may_be_as_large_as_is_said() -> None:
    whole = RULE + "#" * (MAX_POLICY_BYTES - len(RULE) - 1) + "\n"
    assert read(whole)[1] == () and len(read(whole + "\n")[1]) == 1
    test = "requirements.team_size >= 2 && cost.monthly_usd < 100000"
    longest = test.ljust(MAX_EXPRESSION - 1, "0") + " "
    assert len(longest) == MAX_EXPRESSION
    assert not [f for f in read(RULE.replace(test, longest))[1] if "longer than" in f.message]
    loops = "bom" + ".filter(b, true)" * MAX_LOOPS + " == []"
    assert not [f for f in read(RULE.replace("cost.monthly_usd < 100000", loops))[1] if "loops" in f.message]


def test_bytes_that_are_no_text_and_a_second_file_of_the_same_id() -> None:
    assert "UTF-8" in with_own(SHIPPED, {NAME: b"\xff\xfe"})[1][0].message
    pack, (finding,) = with_own(SHIPPED, {NAME: RULE.encode(), NAME.replace("two", "zwei"): RULE.encode()})
    assert f"{NAME} has it too" in finding.message and "two_people" in pack.ids


def test_at_most_fifty_files_are_read() -> None:
    files = {f".mlwright/policies/r{n:03}.yaml": RULE.replace("two_people", f"r{n:03}").encode() for n in range(51)}
    pack, (finding,) = with_own(SHIPPED, files)
    assert "more than 50 rule files" in finding.message and len(pack.ids) == len(SHIPPED.ids) + MAX_POLICY_FILES


def test_a_rule_on_files_sees_the_plan_too() -> None:
    text = RULE.replace("stage: plan", "stage: files").replace("requirements.team_size >= 2", "'README.md' in files")
    pack, _ = read(text)
    facts = {**BASE, "files": ["app.py"]}
    assert next(r for r in evaluate("files", facts, pack).rules if r.id == "two_people").status == "fail"


def engine(policies: dict[str, bytes]) -> Engine:
    return Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(policies), ExpertProvider())


def intake(policies: dict[str, bytes]) -> Intake:
    made = engine(policies)
    source = made.artifacts.put(b"version: 1\nproject: {name: churn}\n")
    state = intake_extract(State(run_meta=new_run(thread_id="t", source=source)), made)
    return made.load(state["constraints"], Intake)


def test_a_broken_rule_file_is_bad_input_and_not_a_defect() -> None:
    assert intake({NAME: RULE.encode()}).constraints is not None
    broken = intake({NAME: b"id: [\n"})
    assert broken.constraints is None
    assert [f.location.path for f in broken.findings if f.location and f.rule == "policy.own-rule"] == [NAME]


def test_the_lock_names_the_rules_that_were_applied() -> None:
    assert engine({}).packs["policy_pack"] == SHIPPED.digest
    assert engine({NAME: RULE.encode()}).packs["policy_pack"] == read(RULE)[0].digest


def test_the_command_line_reads_the_folder_beside_the_constraints(tmp_path: Path) -> None:
    assert own_policies(tmp_path) == {}
    folder = tmp_path / ".mlwright" / "policies"
    (folder / "area").mkdir(parents=True)
    (folder / "area" / "a.yaml").write_text("a")
    (folder / "b.yml").write_text("b" * (MAX_POLICY_BYTES + 9))
    (folder / "c.txt").write_text("c")
    (folder / "d.yaml").symlink_to("/etc/hostname")
    found = own_policies(tmp_path)
    assert sorted(found) == [".mlwright/policies/area/a.yaml", ".mlwright/policies/b.yml"]
    assert len(found[".mlwright/policies/b.yml"]) == MAX_POLICY_BYTES + 1
    for n in range(MAX_POLICY_FILES + 5):
        (folder / f"n{n}.yaml").write_text("n")
    assert len(own_policies(tmp_path)) == MAX_POLICY_FILES + 1
