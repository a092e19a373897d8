"""What the nodes work with: ports from outside, and what ships with the engine (catalogue, prices, rules, prompts)."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel

from agents.cost.pricebook import PriceBook
from agents.domain.base import canonical_json
from agents.domain.findings import Finding
from agents.errors import Defect
from agents.llm.prompts import PromptPack
from agents.llm.provider import Provider
from agents.patterns import Catalogue
from agents.policy.own import with_own
from agents.policy.rules import RulePack
from agents.ports import AgentRuns, ArtifactStore, BranchSnapshot, EventSink, Pulse
from agents.resources import content_root, pack_digest

M = TypeVar("M", bound=BaseModel)

ENGINE_VERSION = "0.1.0"
"""Stands in every lock and in every idempotency key: raise it with any change that may alter a decision or a file."""


@dataclass(frozen=True)
class Engine:
    """Everything a node may touch. Nodes reach nothing else: no environment, no network, no clock."""

    artifacts: ArtifactStore
    runs: AgentRuns
    events: EventSink
    pulse: Pulse
    snapshot: BranchSnapshot
    provider: Provider

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.load()

    @cached_property
    def book(self) -> PriceBook:
        return PriceBook.load()

    @cached_property
    def own_rules(self) -> tuple[RulePack, tuple[Finding, ...]]:
        """The rules to judge by, the repository's own among them, and what is wrong with its files."""
        return with_own(RulePack.load(), self.snapshot.policy_files())

    @property
    def rules(self) -> RulePack:
        return self.own_rules[0]

    @cached_property
    def prompts(self) -> PromptPack:
        return PromptPack.load()

    @cached_property
    def packs(self) -> dict[str, str]:
        """Version of everything that decisions and files are made from; compared with the lock's."""
        return {
            "engine": ENGINE_VERSION,
            "pattern_pack": self.catalogue.digest,
            "prompt_pack": self.prompts.digest,
            "policy_pack": self.rules.digest,
            "template_pack": pack_digest(content_root("templates")),
            "price_book": self.book.digest,
        }

    def save(self, section: BaseModel) -> str:
        """Stores a section; answers its sha256, which is what the graph's state holds."""
        return self.artifacts.put(canonical_json(section).encode(), f"{type(section).__name__}.json")

    def load(self, ref: str, section: type[M]) -> M:
        """Reads a section back. Raises Defect if its bytes are gone or are not that type."""
        try:
            return section.model_validate_json(self.artifacts.get(ref))
        except (KeyError, ValueError) as error:
            raise Defect(f"state section {section.__name__} ({ref[:12]}) cannot be read: {error}") from error
