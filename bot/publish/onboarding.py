"""The pull request that a new repository is offered: a commented constraints file, an issue form, and how to go on."""

from agents.intake.write import render_yaml
from bot.errors import Conflict
from bot.messages import CONSTRAINTS_FILE
from bot.ports.github import GitHubRepository, NewEntry
from bot.publish.checkout import Blobs, Checkout
from bot.publish.issue_form import FORM, PATH

BRANCH = "mlwright-onboarding"
"""Not below `mlwright/`: those are the branches of projects."""
TITLE = "mlwright: start with constraints.yaml"
MESSAGE = f"{TITLE}\n\nA commented file to fill in. Nothing is planned before it is on the default branch.\n"
HEADER = """\
# What you need, in your words. mlwright plans from this file and proposes the whole repository by pull request.
# Take the # off what you know and correct it; leave out the rest: it is asked for, or assumed and listed.
"""
BODY = """\
> ⏸ Nothing was planned and nothing else was changed. This is a file to fill in.

**How to go on**
1. Edit `constraints.yaml` here: cloud, regions and data classification are needed, a budget and a load help most. What you do not know
   stays out.
2. Merge. Within a minute the commit has a check `mlwright / coverage`. It names mistakes with their lines, asks what is missing, and
   otherwise a pull request follows with the plan, its cost and every file.
3. Not now? Close this. It is not opened again; pushing a `constraints.yaml` at any time starts just the same.
{issue}
`mlwright init` writes the same file from a few words on your machine, `mlwright check` says what it still lacks.
"""
ISSUE = """
With the issue form that is added here (`{path}`), people can also say in plain words what they need.
"""


def offer(repository: GitHubRepository, slug: str, *, issues: bool) -> int | None:
    """Opens the pull request and answers its number; None if there is nothing to offer: a project stands there, the
    repository is empty or read-only, or one was opened before, whatever became of it. `issues`: whether issues are acted on.
    """
    here = repository.get_repository()
    head = repository.get_ref(f"heads/{here.default_branch}")
    if here.archived or head is None or repository.list_pull_requests(BRANCH, "all"):
        return None
    checkout = Checkout(repository, head, Blobs(repository))
    if checkout.projects():
        return None
    form = issues and PATH not in checkout.entries()
    if repository.get_ref(f"heads/{BRANCH}") is None:
        _branch(repository, checkout, slug, form)
    body = BODY.format(issue=ISSUE.format(path=PATH) if form else "")
    try:
        made = repository.create_pull_request(
            title=TITLE, body=body, head_ref=BRANCH, base_ref=here.default_branch, draft=False
        )
    except Conflict:  # opened by an attempt whose answer was lost
        return next((pull.number for pull in repository.list_pull_requests(BRANCH, "all")), None)
    return made.number


def _branch(repository: GitHubRepository, checkout: Checkout, slug: str, form: bool) -> None:
    """One commit on top of the default branch; the branch itself comes last."""
    text = HEADER + render_yaml({"version": 1, "project.name": slug}, suggest=True)
    entries = [NewEntry(CONSTRAINTS_FILE, content=text)]
    if form:
        entries.append(NewEntry(PATH, content=FORM))
    tree = repository.create_tree(entries, checkout.tree)
    repository.create_ref(f"heads/{BRANCH}", repository.create_commit(MESSAGE, tree, [checkout.head]))
