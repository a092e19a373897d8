"""The prompt pack: `prompts/<agent>/*.md`, read once, known by content hash (SPEC §23.4)."""

from dataclasses import dataclass
from pathlib import Path

from agents.domain.base import digest
from agents.errors import Defect
from agents.resources import content_root

SYSTEM = "system.md"
SHARED = "_shared"
"""The folder of the page that every agent is told before its own."""
WRITING = "_writing"
"""The folder of the page for writing at extension points."""


@dataclass(frozen=True)
class Prompt:
    """What one agent is told: its system page, further pages (few-shot examples) by file name, and the
    hash of all."""

    agent: str
    system: str
    pages: tuple[tuple[str, str], ...]
    hash: str


@dataclass(frozen=True)
class PromptPack:
    """All prompts of the pack. `digest` changes with any byte of any page, and with nothing else. `shared` is what every agent
    that a model answers for is told first, `writing` what those are told that write; both are empty in a pack without them."""

    prompts: dict[str, Prompt]
    digest: str
    shared: Prompt = Prompt(SHARED, "", (), "")
    writing: Prompt = Prompt(WRITING, "", (), "")

    @classmethod
    def load(cls, root: Path | None = None) -> "PromptPack":
        """Reads the pack. Raises Defect if a folder has no `system.md`, or a page is empty or not UTF-8."""
        folder = root or content_root("prompts")
        prompts = {
            sub.name: _prompt(sub)
            for sub in sorted(folder.iterdir())
            if sub.is_dir() and not sub.name.startswith((".", "_"))
        }
        hashes = {name: prompt.hash for name, prompt in prompts.items()}
        common = {name: _prompt(folder / name) for name in (SHARED, WRITING) if (folder / name).is_dir()}
        hashes |= {name: prompt.hash for name, prompt in common.items()}
        return cls(prompts, digest(hashes), common.get(SHARED, cls.shared), common.get(WRITING, cls.writing))

    def prompt(self, agent: str) -> Prompt:
        """Raises Defect if the pack has no prompt for `agent`."""
        try:
            return self.prompts[agent]
        except KeyError:
            raise Defect(f"no prompt for {agent}", remedy=f"write prompts/{agent}/{SYSTEM}") from None

    def page(self, agent: str) -> str:
        """The system page of `agent`. Raises Defect if there is none."""
        return self.prompt(agent).system

    def hash(self, agent: str) -> str:
        """sha256 (64 hex digits) over names and texts of the agent's pages. Raises Defect if there are
        none."""
        return self.prompt(agent).hash


def _prompt(folder: Path) -> Prompt:
    pages = {page.name: _text(page) for page in sorted(folder.glob("*.md"))}
    if SYSTEM not in pages:
        raise Defect(f"prompts/{folder.name} has no {SYSTEM}")
    rest = tuple((name, text) for name, text in pages.items() if name != SYSTEM)
    return Prompt(folder.name, pages[SYSTEM], rest, digest(pages))


def _text(page: Path) -> str:
    try:
        text = page.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Defect(f"prompts/{page.parent.name}/{page.name} is not UTF-8") from error
    if not text.strip():
        raise Defect(f"prompts/{page.parent.name}/{page.name} is empty")
    return text
