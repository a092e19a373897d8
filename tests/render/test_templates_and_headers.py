"""Templates are found by where they lie, described by their header, and fail loudly."""

import os
from pathlib import Path

import pytest

from agents.errors import Defect
from agents.render.infrastructure import aws_cron, local_steps
from agents.render.render import render
from agents.render.template import discover, parse_header
from agents.resources import content_root, pack_digest, pack_files
from agents.templating import Templates
from tests.agents_suite.walking import AGENTS
from tests.render.projects import CATALOGUE, Blobs, planned

GOOD = "{#- mlwright\nagent: tech_stack\ndecision: stack.iac\nconstraints: [cloud]\n-#}\n"


def repository(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / "repository" / "common" / name.replace("__dot__", ".").replace("__slash__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_every_shipped_template_names_a_real_agent_and_a_real_slot() -> None:
    ids = set(CATALOGUE.ids)
    for template in discover():
        assert template.header.agent in AGENTS, template.name
        assert template.pattern is None or template.pattern in ids, template.name


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no header\n", "must begin with"),
        ("{#- mlwright\nagent: [\n-#}\n", "not YAML"),
        ("{#- mlwright\njust text\n-#}\n", "keys and values"),
        ("{#- mlwright\nagent: a\nconstraints: [x]\nowner: b\n-#}\n", "unknown header keys owner"),
        ("{#- mlwright\nagent: a\n-#}\n", "lacks constraints"),
        ("{#- mlwright\nconstraints: [x]\n-#}\n", "lacks agent"),
        ("{#- mlwright\nagent: a\nconstraints: x\n-#}\n", "must be a list"),
        ("{#- mlwright\nagent: a\nconstraints: [x]\nscope: world\n-#}\n", "scope must be"),
        ("{#- mlwright\nagent: a\nconstraints: [x]\nexecutable: 1\n-#}\n", "must be a bool"),
    ],
)
def test_a_wrong_header_is_refused_with_its_file(source: str, message: str) -> None:
    with pytest.raises(Defect, match=message) as caught:
        parse_header("repository/common/x.j2", source)
    assert "repository/common/x.j2" in caught.value.message


def test_a_common_template_needs_a_decision(tmp_path: Path) -> None:
    repository(tmp_path, a__dot__md__dot__j2="{#- mlwright\nagent: tech_stack\nconstraints: [cloud]\n-#}\nx\n")
    with pytest.raises(Defect, match="lacks decision"):
        discover(tmp_path)


def test_a_template_outside_the_known_folders_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "repository" / "elsewhere" / "a.md.j2"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD + "x\n")
    with pytest.raises(Defect, match="expected common/"):
        discover(tmp_path)


def test_a_file_is_added_by_adding_a_template(tmp_path: Path) -> None:
    repository(
        tmp_path,
        a__dot__md__dot__j2=GOOD + "{{ project.slug }}\n",
        b__dot__sh__dot__j2=GOOD.replace("-#}", "executable: true\n-#}") + "true\n",
        c__dot__md__dot__j2=GOOD.replace("-#}", "when: streaming\n-#}") + "x\n",
        __item____dot__txt__dot__j2=GOOD.replace("-#}", 'each: \'["p", "q"]\'\n-#}') + "{{ item }}\n",
    )
    store = Blobs()
    files = {file.path: file for file in render(planned("churn"), None, store, root=tmp_path)}
    assert sorted(files) == ["a.md", "b.sh", "p.txt", "q.txt"]
    assert store.get(files["a.md"].sha256) == b"churn\n"
    assert (files["a.md"].mode, files["b.sh"].mode) == ("100644", "100755")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("line\n{{ nothing_like_that }}\n", r"x\.md\.j2:7: .*nothing_like_that"),
        ("{{ ''.__class__ }}\n", "unsafe|undefined"),
        ("{{ project.slug | no_such_filter }}\n", "no_such_filter"),
        ("{{ out.no_such_agent }}\n", "no_such_agent"),
        ("{% set _ = req.data.sources.append(1) %}\n", "append"),
    ],
)
def test_a_template_that_fails_says_where(tmp_path: Path, body: str, message: str) -> None:
    repository(tmp_path, x__dot__md__dot__j2=GOOD + body)
    with pytest.raises(Defect, match=message):
        render(planned("churn"), None, Blobs(), root=tmp_path)


def test_two_templates_for_one_path_are_refused(tmp_path: Path) -> None:
    repository(
        tmp_path,
        a__dot__txt__dot__j2=GOOD + "x\n",
        __item____dot__txt__dot__j2=GOOD.replace("-#}", "each: '[\"a\"]'\n-#}") + "y\n",
    )
    with pytest.raises(Defect, match=r"a\.txt: made by"):
        render(planned("churn"), None, Blobs(), root=tmp_path)


@pytest.mark.parametrize("item", ["../up", "a b", "/etc/passwd", ".git/../x", "x\ny"])
def test_an_unsafe_path_is_refused(tmp_path: Path, item: str) -> None:
    header = GOOD.replace("-#}", f"each: {[item]!r}\n-#}}".replace("each: [", 'each: "[').replace("]\n", ']"\n'))
    repository(tmp_path, __item____dot__txt__dot__j2=header + "y\n")
    with pytest.raises(Defect):
        render(planned("churn"), None, Blobs(), root=tmp_path)


def test_more_than_can_be_shown_is_refused(tmp_path: Path) -> None:
    header = GOOD.replace("-#}", "each: range(400) | list\n-#}")
    repository(tmp_path, __item____dot__txt__dot__j2=header + "y\n")
    with pytest.raises(Defect, match="400 files"):
        render(planned("churn"), None, Blobs(), root=tmp_path)


def test_compiled_templates_are_kept_only_in_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    repository(tmp_path / "t", a__dot__md__dot__j2=GOOD + "x\n")
    Templates(tmp_path / "t").render("repository/common/a.md.j2", {})
    cache = tmp_path / ".cache" / "mlwright" / "templates"
    assert list(cache.iterdir())
    for file in cache.iterdir():
        file.unlink()
    cache.chmod(0o777)
    Templates(tmp_path / "t").render("repository/common/a.md.j2", {})
    assert not list(cache.iterdir())


def test_content_packs_are_found_and_hashed(tmp_path: Path) -> None:
    assert (content_root("templates") / "repository").is_dir()
    with pytest.raises(Defect, match="unknown content pack"):
        content_root("secrets")
    (tmp_path / "b.yaml").write_text("1")
    (tmp_path / "a.yaml").write_text("2")
    (tmp_path / "note.txt").write_text("3")
    before = pack_digest(tmp_path, (".yaml",))
    assert [p.name for p in pack_files(tmp_path, (".yaml",))] == ["a.yaml", "b.yaml"]
    os.utime(tmp_path / "a.yaml", (1, 1))
    (tmp_path / "note.txt").write_text("4")
    assert pack_digest(tmp_path, (".yaml",)) == before
    (tmp_path / "a.yaml").rename(tmp_path / "c.yaml")
    assert pack_digest(tmp_path, (".yaml",)) != before


@pytest.mark.parametrize(
    ("unix", "aws"),
    [
        ("19 3 * * 1", "cron(19 3 ? * MON *)"),
        ("0 2 * * *", "cron(0 2 * * ? *)"),
        ("5 4 1 * *", "cron(5 4 1 * ? *)"),
        ("0 */6 * * 0,6", "cron(0 */6 ? * SUN,SAT *)"),
        ("0 1 * * 1-5", "cron(0 1 ? * MON-FRI *)"),
        ("0 1 * * 7", "cron(0 1 ? * SUN *)"),
        ("", ""),
    ],
)
def test_schedules_are_written_as_eventbridge_reads_them(unix: str, aws: str) -> None:
    assert aws_cron(unix) == aws


@pytest.mark.parametrize("wrong", ["1 2 3", "0 1 5 * 1"])
def test_a_schedule_that_eventbridge_cannot_hold_is_a_defect(wrong: str) -> None:
    with pytest.raises(Defect):
        aws_cron(wrong)


def test_jobs_of_single_sources_are_one_step_on_a_laptop() -> None:
    steps = ["extract_a", "ingest", "curate_a", "curate_b", "score", "drift"]
    assert local_steps(steps) == ["ingest", "curate", "score", "drift"]
