"""Laws of the merge, for random edits, deletions, additions and line endings."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from merge_branch import Branch, file, merged_contents

from agents.domain.files import MergedTree
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


LONG = st.lists(st.integers(0, 99).map(lambda n: b"line %d\n" % n), min_size=1, max_size=3).map(b"".join)
TREES = st.dictionaries(PATH, texts(), max_size=4)


@st.composite
def edits(draw: st.DrawFn, tree: dict[str, bytes]) -> dict[str, bytes]:
    """The tree after a person's work: lines inserted and deleted, files deleted, moved, added, converted."""
    after = dict(tree)
    for path in list(after):
        actions = draw(st.lists(st.sampled_from(["delete", "edit", "edit", "convert", "move", "bytes"]), max_size=2))
        if "delete" in actions:
            del after[path]
            continue
        if "convert" in actions:
            after[path] = after[path].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if "bytes" in actions:
            after[path] += draw(st.sampled_from([b"\0", b"\xff\xfe", b"caf\xe9\n", b"\r"]))
        if "edit" in actions:
            lines = after[path].splitlines(keepends=True)
            at = draw(st.integers(0, len(lines)))
            drop = draw(st.integers(0, 2))
            ending = b"\r\n" if b"\r\n" in after[path] else b"\n"
            lines[at : at + drop] = [line + ending for line in draw(st.lists(LINE, max_size=3))]
            after[path] = b"".join(lines)
        if "move" in actions:
            after[f"moved/{path}"] = after.pop(path)
    after |= {f"own/{path}": content for path, content in draw(TREES).items()}
    return after | {path: content for path, content in draw(TREES).items() if path not in tree}


def publish(files: dict[str, bytes], branch: Branch, artifacts: MemoryArtifacts) -> MergedTree:
    tree = merge(tuple(file(p, c, artifacts) for p, c in files.items()), branch, artifacts, None)
    branch.publish(tree, artifacts)
    return tree


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
    source = {at: path for path, at in tree.moved.items()}
    for path, content in human.items():
        generated = first.get(path, first.get(source.get(path, ""), b""))
        if path not in branch.ours:
            assert content == generated, f"{path} was changed by a person and is gone"
        else:
            added = _lines(content) - _lines(generated)
            assert not added - _lines(branch.content(path)), f"{path} lost lines of a person"
    if with_lock:
        for path in first.keys() - human.keys():
            assert path not in branch.ours, f"{path} was deleted by a person and is back"
    for path in human.keys() - first.keys() - source.keys():
        assert branch.content(path) == human[path], "what people added is never touched"


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(PATH, LONG, min_size=1, max_size=4), st.data())
def test_what_people_move_gets_what_is_generated_next_there(first: dict[str, bytes], data: st.DataObject) -> None:
    """Texts too unlike each other to be taken for one another: each moved one is followed, again and again."""
    artifacts, branch = MemoryArtifacts(), Branch()
    first = {path: content + f"# {path}\n".encode() * 20 for path, content in first.items()}
    publish(first, branch, artifacts)
    moves = {path: f"elsewhere/{n}-{path}" for n, path in enumerate(first) if data.draw(st.booleans())}
    for path, at in moves.items():
        branch.ours[at] = (branch.content(path) + b"# mine\n", branch.ours.pop(path)[1])
    for version in (b"# two\n", b"# three\n"):
        tree = publish({path: version + content for path, content in first.items()}, branch, artifacts)
        assert tree.moved == moves and not tree.conflicts
        for path, content in first.items():
            mine = b"# mine\n" if path in moves else b""
            assert branch.content(moves.get(path, path)) == version + content + mine
            assert path not in moves or path not in branch.ours


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
    twice = merge(new, branch, artifacts, None, reopen=True)
    assert merged_contents(twice, artifacts) == merged_contents(once, artifacts)
    assert twice == once.model_copy(update={"removed": (), "kept": twice.kept, "kept_edits": twice.kept_edits})
    assert set(twice.kept) <= set(once.kept), "a file that became theirs is not counted again"
    branch.publish(twice, artifacts)
    assert branch.ours == before
