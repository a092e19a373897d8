"""Boxes and arrows of the whole system, from the slots of the plan and the declared sources."""

import re

from agents.domain.agent import Brief
from agents.domain.outputs import DataSourcing, TechStack
from agents.domain.outputs.system_architecture import Edge, Node
from agents.domain.plan import Composition

GROUPS = {
    "ingest": "data",
    "transform": "data",
    "store": "data",
    "feature": "features",
    "train": "training",
    "serve": "serving",
    "observe": "operations",
    "govern": "operations",
}


def slug_id(text: str) -> str:
    """A node id of letters, digits and underscores; every text here begins with a word of our own."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")


def nodes_of(brief: Brief, best: Composition) -> tuple[Node, ...]:
    """Sources, one box a slot, the registry, and who uses the scores."""
    data = brief.read("data_sourcing", DataSourcing)
    stack = brief.read("tech_stack", TechStack)
    sources = [Node(id=slug_id(f"source_{s.name}"), label=s.name, group="sources") for s in data.sources]
    slots = [
        Node(
            id=slug_id(slot),
            label=f"{slot}: {pattern.split(':')[-1]}",
            group=GROUPS[slot.split(".")[0]],
            pattern=pattern,
        )
        for slot, pattern in sorted(best.slots.items())
    ]
    registry = Node(id="registry", label=f"models ({stack.tracking.value})", group="training")
    flow = Node(id="orchestrator", label=stack.orchestrator.value, group="operations")
    return (
        *sources,
        *slots,
        registry,
        flow,
        Node(id="consumers", label="callers and readers", group="people"),
    )


def edges_of(brief: Brief, best: Composition) -> tuple[Edge, ...]:
    """How data, requests and control run; only between boxes that exist."""
    data = brief.read("data_sourcing", DataSourcing)
    ingest = [s for s in sorted(best.slots) if s.startswith("ingest")]
    serve = [s for s in sorted(best.slots) if s.startswith("serve")]
    edges = []
    for source in data.sources:
        live = source.format == "stream" or source.freshness == "realtime"
        way = next((s for s in ingest if s.endswith("streaming") is live), ingest[0])
        edges.append(_edge(f"source_{source.name}", way, source.freshness, "data"))
    edges += [_edge(s, "store", "raw rows", "data") for s in ingest]
    edges += [
        _edge("store", "transform", "raw rows", "data"),
        _edge("transform", "store", "curated rows", "data"),
        _edge("store", "feature", "curated rows", "data"),
        _edge("feature", "train", "training set", "data"),
        _edge("train", "registry", "candidate", "data"),
    ]
    for slot in serve:
        kind = "request" if slot == "serve.online" else "data"
        edges += [
            _edge("feature", slot, "features", "data"),
            _edge("registry", slot, "champion", "control"),
            _edge(slot, "consumers", "scores", kind),
            _edge(slot, "observe", "metrics, logged predictions", "data"),
        ]
        if slot == "serve.streaming" and "ingest.streaming" in ingest:
            edges.append(_edge("ingest.streaming", slot, "events", "data"))
    edges += [
        _edge("observe", "orchestrator", "drift, quality", "control"),
        _edge("orchestrator", "train", "retrain", "control"),
        _edge("govern", "store", "keys, access", "control"),
    ]
    return tuple(edges)


def _edge(source: str, target: str, label: str, kind: str) -> Edge:
    return Edge(source=slug_id(source), target=slug_id(target), label=label, kind=kind)
