"""Laws of the merge, for random edits, deletions, additions and line endings."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from merge_branch import Branch, file, merged_contents

from agents.graph.memory import MemoryArtifacts
from agents.render.merge import merge

LINE = st.sampled_from([b"a", b"b", b"c", b"", b"  d", b"}", b"human", b"x = 1"])
PATH = st.sampled_from(["a.py", "b.tf", "docs/c.md", "d/e.yaml"])
ENDING = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    ending = draw(ENDING)
    body = ending.join(draw(st.lists(LINE, max_size=12)))
    return body + draw(st.sampled_from([b"", ending]))


TREES = st.dictionaries(PATH, texts(), max_size=4)


@st.composite
def edits(draw: st.DrawFn, tree: dict[str, bytes]) -> dict[str, bytes]:
    """The tree after a person's work: lines inserted and deleted, files deleted, added, converted."""
    after = dict(tree)
    for path in list(after):
        action = draw(st.sampled_from(["keep", "keep", "delete", "edit", "edit", "convert"]))
        if action == "delete":
            del after[path]
        elif action == "convert":
            after[path] = after[path].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        elif action == "edit":
            lines = after[path].splitlines(keepends=True)
            at = draw(st.integers(0, len(lines)))
            drop = draw(st.integers(0, 2))
            ending = b"\r\n" if b"\r\n" in after[path] else b"\n"
            lines[at : at + drop] = [line + ending for line in draw(st.lists(LINE, max_size=3))]
            after[path] = b"".join(lines)
    after |= {f"own/{path}": content for path, content in draw(TREES).items()}
    return after | {path: content for path, content in draw(TREES).items() if path not in tree}


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(content.splitlines())


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    first = draw(TREES)
    return first, draw(edits(first)), draw(TREES)


@settings(max_examples=200, deadline=None)
@given(histories(), st.booleans())
def test_no_human_line_is_ever_lost(
    history: tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]], with_lock: bool
) -> None:
    first, human, second = history
    artifacts, branch = MemoryArtifacts(), Branch()
    branch.publish(
        merge(tuple(file(p, c, artifacts) for p, c in first.items()), branch, artifacts, None),
        artifacts,
        with_lock=with_lock,
    )
    marker = {path: entry for path, entry in branch.ours.items() if path.startswith(".mlwright")}
    branch.ours = {path: (content, "100644") for path, content in human.items()} | marker
    tree = merge(tuple(file(p, c, artifacts) for p, c in second.items()), branch, artifacts, None)
    branch.publish(tree, artifacts, with_lock=with_lock)
    for path, content in human.items():
        added = _lines(content) - _lines(first.get(path, b""))
        if path not in branch.ours:
            assert content == first.get(path), f"{path} was changed by a person and is gone"
        else:
            assert not added - _lines(branch.content(path)), f"{path} lost lines of a person"
    if with_lock:
        for path in first.keys() - human.keys():
            assert path not in branch.ours, f"{path} was deleted by a person and is back"
    for path in human.keys() - first.keys():
        assert branch.content(path) == human[path]


@settings(max_examples=100, deadline=None)
@given(TREES, TREES)
def test_without_edits_regeneration_equals_fresh_generation(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    artifacts, branch = MemoryArtifacts(), Branch()
    branch.publish(merge(tuple(file(p, c, artifacts) for p, c in first.items()), branch, artifacts, None), artifacts)
    again = merge(tuple(file(p, c, artifacts) for p, c in second.items()), branch, artifacts, None)
    fresh = merge(tuple(file(p, c, artifacts) for p, c in second.items()), Branch(), artifacts, None)
    assert again.files == fresh.files and again.owners == fresh.owners
    assert not again.kept and not again.conflicts and again.kept_edits == 0
    assert set(again.removed) == first.keys() - second.keys()


@settings(max_examples=150, deadline=None)
@given(histories())
def test_twice_equals_once(history: tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]) -> None:
    first, human, second = history
    artifacts, branch = MemoryArtifacts(), Branch()
    branch.publish(merge(tuple(file(p, c, artifacts) for p, c in first.items()), branch, artifacts, None), artifacts)
    marker = {path: entry for path, entry in branch.ours.items() if path.startswith(".mlwright")}
    branch.ours = {path: (content, "100644") for path, content in human.items()} | marker
    new = tuple(file(p, c, artifacts) for p, c in second.items())
    once = merge(new, branch, artifacts, None)
    branch.publish(once, artifacts)
    before = dict(branch.ours)
    twice = merge(new, branch, artifacts, None)
    assert merged_contents(twice, artifacts) == merged_contents(once, artifacts)
    assert twice.owners == once.owners
    assert not twice.removed and not twice.conflicts
    branch.publish(twice, artifacts)
    assert branch.ours == before
