"""What the publisher does to a repository, one story each: the state before, and the act that faults strike.

An act is a run of a job: `heads` are those that the run began with, if an earlier attempt of it came so far.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from agents.domain.findings import Finding, Location, Severity
from agents.domain.proposal import Proposal
from bot.ports.github import GitHubRepository, NewEntry
from bot.publish.answer import Section, ensure_answer, settle_command, show, standing_sections
from bot.publish.desired import Context
from bot.publish.merge_group import ensure_merge_group
from bot.publish.onboarding import offer
from bot.publish.preview import ensure_preview
from bot.publish.publish import publish
from bot.publish.refusal import findings_only
from bot.publish.snapshot import Heads, ProjectSnapshot, get_heads
from bot.publish.views.preview import Preview
from bot.publish.views.texts import five_checks
from bot.publish.withdraw import withdraw
from tests.publish.proposals import LOCATIONS, Maker, later_change, policy_report, validation_report

NOTES = 120
"""Annotations of one check: three calls' worth."""
V1 = {"README.md": b"# churn\n", "src/a.py": b"1\n", ".github/workflows/ci.yml": b"name: ci\n", "logo.png": b"\x00\x01"}
V2 = {**V1, "README.md": b"# churn v2\n", "src/b.py": b"2\n"}


@dataclass
class Scene:
    """One repository and one run on it."""

    hosted: Any
    maker: Maker = field(default_factory=Maker)
    heads: Heads | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What the state before left behind: numbers of issues and comments."""

    def person(self, method: str, path: str, **options: Any) -> Any:
        """A person's call."""
        hub = self.hosted.hub
        answer = httpx.request(
            method,
            f"{hub.url}/repos/{self.hosted.owner}/{self.hosted.name}{path}",
            headers={"Authorization": f"Bearer {hub.token_for('ada')}"},
            **options,
        )
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def begin(self, repository: GitHubRepository) -> ProjectSnapshot:
        """What a run reads before it plans; its heads are kept, as a run keeps them with its thread."""
        if self.heads is None:
            self.heads = get_heads(repository, "churn")
        snapshot = ProjectSnapshot(repository, "churn", "", self.heads)
        snapshot.previous_lock(), snapshot.default_lock(), snapshot.policy_files(), snapshot.entries(), snapshot.base()
        snapshot.constraints  # noqa: B018
        return snapshot

    def put(self, repository: GitHubRepository, proposal: Proposal) -> None:
        """A run from its first read to its last write."""
        snapshot = self.begin(repository)
        context = Context(repository.get_repository(), locations=LOCATIONS)
        keep = snapshot.heads.branch
        withdraw(repository, snapshot.heads, "churn", "elsewhere", keep)
        publish(repository, proposal, context, snapshot, self.maker.contents)


@dataclass(frozen=True)
class Story:
    name: str
    act: Callable[[Scene, GitHubRepository], None]
    before: Callable[[Scene, GitHubRepository], None] | None = None


def _noted(maker: Maker) -> Proposal:
    report = validation_report()
    found = tuple(
        Finding(rule="W1", severity=Severity.WARNING, message=f"note {n}", source="ruff",
                location=Location(path="src/a.py", line=n + 1))
        for n in range(NOTES)
    )  # fmt: skip
    ruff = report.results[0].model_copy(update={"findings": found, "status": "warn"})
    report = report.model_copy(update={"results": (ruff, *report.results[1:]), "overall": "warn"})
    return maker.proposal(V1, validation=report)


def _opened(scene: Scene, repository: GitHubRepository) -> None:
    repository.get_identity()


def _first(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, _noted(scene.maker))


def _proposed(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, scene.maker.proposal(V1))
    scene.heads = None


def _draft(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, scene.maker.proposal(V1, policy=policy_report("fail")))
    scene.heads = None


def _went_on(scene: Scene, repository: GitHubRepository) -> None:
    """People changed the branch and the default branch since."""
    _proposed(scene, repository)
    for branch, path in (("mlwright/churn", "mine.py"), ("main", "theirs.py")):
        scene.person("PUT", f"/contents/{path}", json={"message": "Mine", "content": "MQo=", "branch": branch})


def _second(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, scene.maker.proposal(V2, change=later_change()))


def _good(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, scene.maker.proposal(V1))


def _bad(scene: Scene, repository: GitHubRepository) -> None:
    scene.put(repository, scene.maker.proposal(V1, policy=policy_report("fail")))


def _judged(scene: Scene, repository: GitHubRepository) -> None:
    """Constraints that no plan can meet: checks on the pushed commit, the open proposal is taken back."""
    snapshot = scene.begin(repository)
    proposal = Proposal(project="churn", root="", outcome="invalid", findings=(
        Finding(rule="x", severity=Severity.ERROR, message="wrong", source="constraints"),))  # fmt: skip
    findings_only(repository, proposal, Context(repository.get_repository()), snapshot.heads.default_head)
    withdraw(repository, snapshot.heads, "churn", "unplanned")


def _without_workflows(scene: Scene, repository: GitHubRepository) -> None:
    granted = scene.hosted.hub.hub.store.get("installation", scene.hosted.hub.installation_id(scene.hosted.owner))
    permissions = {name: level for name, level in granted["permissions"].items() if name != "workflows"}
    scene.hosted.hub.change_installation(scene.hosted.owner, permissions=permissions)


def _without_project(scene: Scene, repository: GitHubRepository) -> None:
    head = repository.get_ref("heads/main")
    assert head is not None
    tree = repository.create_tree([NewEntry("constraints.yaml")], repository.get_commit(head).tree)
    repository.update_ref("heads/main", repository.create_commit("Remove", tree, [head]))


def _offered(scene: Scene, repository: GitHubRepository) -> None:
    offer(repository, "churn", issues=True)


def _commented(scene: Scene, repository: GitHubRepository) -> None:
    number = scene.person("POST", "/issues", json={"title": "t"})["number"]
    comment = scene.person("POST", f"/issues/{number}/comments", json={"body": "/replan"})["id"]
    scene.facts = {"number": number, "comment": comment}


def _answered(scene: Scene, repository: GitHubRepository) -> None:
    """As the job does: seen, answered as pending, settled."""
    number, comment = scene.facts["number"], scene.facts["comment"]
    show(repository, comment, "eyes")
    command = "0" * 16
    if all(section.state == "pending" for section in standing_sections(repository, number, comment)):
        ensure_answer(repository, number, comment, [Section(command, "pending", "`/replan`", "…")])
    settle_command(repository, number, comment, Section(command, "good", "`/replan`", "✅ done"))


def _queued(scene: Scene, repository: GitHubRepository) -> None:
    scene.facts = {"head": repository.get_ref("heads/main")}


def _grouped(scene: Scene, repository: GitHubRepository) -> None:
    ensure_merge_group(repository, scene.facts["head"])


def _persons_pull(scene: Scene, repository: GitHubRepository) -> None:
    head = repository.get_ref("heads/main")
    scene.person("POST", "/git/refs", json={"ref": "refs/heads/idea", "sha": head})
    change = {"message": "Mine", "content": "MQo=", "branch": "idea"}
    scene.person("PUT", "/contents/idea.txt", json=change)
    pull = scene.person("POST", "/pulls", json={"title": "Idea", "head": "idea", "base": "main"})
    scene.facts = {"number": pull["number"]}
    ensure_preview(repository, pull["number"], [Preview("constraints.yaml", "churn", (), "before")], [], "main")


def _previewed(scene: Scene, repository: GitHubRepository) -> None:
    pull = repository.get_pull_request(scene.facts["number"])
    checks = five_checks(scene.maker.proposal(V1), Context(repository.get_repository()))[:3]
    from bot.publish.check_runs import ensure_check_runs

    ensure_check_runs(repository, checks, pull.head_sha, project="churn")
    ensure_preview(repository, pull.number, [Preview("constraints.yaml", "churn", checks, "now")], [], "main")


STORIES = {
    story.name: story
    for story in (
        Story("opening", _opened),
        Story("first", _first),
        Story("second", _second, _went_on),
        Story("becomes-ready", _good, _draft),
        Story("becomes-draft", _bad, _proposed),
        Story("judged", _judged, _proposed),
        Story("without-workflows", _good, _without_workflows),
        Story("onboarding", _offered, _without_project),
        Story("answer", _answered, _commented),
        Story("merge-group", _grouped, _queued),
        Story("preview", _previewed, _persons_pull),
    )
}
