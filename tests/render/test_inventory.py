"""What stood in a repository before: told by kind, and where people's file took the place of a generated one."""

from agents.domain.files import GeneratedFile, MergedTree
from agents.render.inventory import take_inventory


def test_files_are_told_by_kind_with_the_places_that_stayed_theirs() -> None:
    paths = [
        ".github/workflows/ci.yml", "Dockerfile", "README.md", "data/raw.csv", "deep/infra/main.tf", "docker-compose.prod.yml",
        "models/best.onnx", "notebooks/explore.ipynb", "pyproject.toml", "src/a.py", "src/b.py", "tests/unit/conftest.py",
        "thing.xyz", *(f"src/m{n}.py" for n in range(9)),
    ]  # fmt: skip
    made = tuple(
        GeneratedFile(path=path, sha256="s", blob="b", size=1, agent="a", template="t")
        for path in ("README.md", "Makefile", "pyproject.toml")
    )
    owners = {"README.md": "adopted", "Makefile": "generated", "pyproject.toml": "adopted"}
    tree = MergedTree(files=made[1:2], pristine=made, owners=owners)  # type: ignore[arg-type]
    found = take_inventory(paths, tree)
    assert found is not None and found.files == len(paths)
    assert found.left == ("README.md", "pyproject.toml")
    assert {area.name: area.files for area in found.areas} == {
        "continuous integration": 1, "infrastructure": 1, "containers": 2, "notebooks": 1, "models": 1, "data": 1,
        "dependencies": 1, "tests": 1, "documents": 1, "code": 11, "other": 1,
    }  # fmt: skip
    assert all(len(area.paths) <= 5 for area in found.areas)
    assert take_inventory([], tree) is None
