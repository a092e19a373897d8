"""Pages: they show, their forms do, and nothing that others wrote runs in them."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bot.sandbox.github.pages.markdown import highlighted, render
from bot.sandbox.github.pages.sanitize import sanitize
from tests.sandbox.conftest import Repo, git

Visit = Callable[..., httpx.Response]

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jav&#x09;ascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    '<form action="//evil.example"><button>x</button></form>',
    '<style>body{background:url("//evil.example")}</style>',
    '<div style="background:url(//evil.example)" onclick=x>y</div>',
    '<details open ontoggle="alert(1)">x</details>',
    "<base href=//evil.example>",
    '<img src="//evil.example/x.png">',
    '<img src="https://evil.example/x.png" alt="seen">',
    '<meta http-equiv="refresh" content="0;url=//evil.example">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<textarea><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<input type=text value=x autofocus onfocus=alert(1)>",
    "[x](javascript:alert(1)) ![y](javascript:alert(1))",
    "<a href='x' id=merge class='button primary'>Merge</a>",
    "<x onmouseover=alert(1)>",
    "<<script>script>alert(1)<</script>/script>",
]


FORBIDDEN_TAGS = re.compile(r"</?(script|style|iframe|svg|math|form|button|base|meta|object|textarea|x)\b")
FORBIDDEN_INSIDE = re.compile(r"\son\w+=|\sstyle=|javascript:|vbscript:|data:|evil\.example|primary|id=\"merge")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    html = str(render(text))
    for tag in re.findall(r"<[^>]*>", html):
        assert not FORBIDDEN_TAGS.match(tag) and not FORBIDDEN_INSIDE.search(tag), html


def test_unclosed_and_crossed_tags_are_closed() -> None:
    assert sanitize("<details><b>x</details>y</b></div>") == "<details><b>x</b></details>y"
    assert sanitize("a < b & c <br>") == "a &lt; b &amp; c <br>"


def test_markdown_of_github() -> None:
    text = """
> [!WARNING]
> Careful.

| a | b |
|---|---|
| ~~1~~ | **2** |

- [x] done

<details><summary>More</summary>

inside `code`

</details>

```mermaid
graph LR; a-->b
```

```python
def f(): ...
```

[link](docs/a.md) [part](#more) ## no
"""
    html = str(render(text, "/acme/churn/blob/main/"))
    for part in (
        '<div class="markdown-alert markdown-alert-warning">', "<strong>Warning</strong>", "<td><s>1</s></td>",
        '<li class="task-list-item"><input', '<details><summary>More</summary>', "<code>code</code>",
        '<pre class="mermaid"><code>graph LR; a--&gt;b', '<span class="k">def</span>',
        'href="/acme/churn/blob/main/docs/a.md"', 'href="#user-content-more"',
    ):  # fmt: skip
        assert part in html, part


def test_highlighted_lines_stand_alone() -> None:
    lines = highlighted('x = """a\nb"""\n', "x.py")
    assert len(lines) == 2 and all(line.count("<span") == line.count("</span>") for line in lines)
    assert highlighted("<b>", "unknown.zzz") == ["&lt;b&gt;"]


def test_every_page_shows(repo: Repo, pages: Visit) -> None:
    pull = repo.pull(files={"README.md": "# Other\n", "x.bin": "\x00"})
    with repo.app() as app:
        note = {"path": "README.md", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "Hm."}
        output = {"title": "bad", "summary": "*why*", "annotations": [note], "text": "more"}
        body = {"name": "mlwright / cost", "head_sha": pull["head"]["sha"], "conclusion": "failure", "output": output}
        run = app.post(f"{repo.path}/check-runs", json=body).json()
        lonely = app.post(f"{repo.path}/check-runs", json=body | {"head_sha": repo.head()}).json()
    with repo.ada() as ada:
        ada.post(f"{repo.path}/issues", json={"title": "An <issue>", "body": "<script>x</script>"})
    home = f"/{repo.owner}/{repo.name}"
    expected = {
        "/": home, f"/{repo.owner}": home, home: "Churn",
        f"{home}/tree/topic": "x.bin", f"{home}/tree/main/src": "app.py",
        f"{home}/blob/main/README.md": "<h1", f"{home}/blob/main/README.md?plain=1": "# Churn",
        f"{home}/blob/main/constraints.yaml": "version", f"{home}/raw/main/constraints.yaml": "version: 1",
        f"{home}/blob/topic/x.bin": "cannot be shown", f"{home}/commits": "First commit",
        f"{home}/commit/{pull['head']['sha']}": "change topic", f"{home}/pulls": "Add topic",
        f"{home}/issues": "An &lt;issue&gt;", f"{home}/issues/2": "An &lt;issue&gt;",
        f"{home}/issues/1": "Merge pull request", f"{home}/pull/1": "mlwright / cost",
        f"{home}/pull/1/commits": "change topic", f"{home}/pull/1/checks": "<em>why</em>",
        f"{home}/pull/1/files": "Hm.", f"{home}/pull/1.diff": "+# Other", f"{home}/runs/{run['id']}": "run-",
        f"{home}/runs/{lonely['id']}": "Checks of", f"{home}/edit/main/constraints.yaml": "version: 1",
    }  # fmt: skip
    for path, text in expected.items():
        page = pages(path)
        assert page.status_code == 200 and text in page.text, path
        if "text/html" in page.headers["content-type"]:
            assert "default-src 'none'" in page.headers["content-security-policy"], path
            assert "<script>x" not in page.text and "mermaid" not in page.text
    for path in ("/nobody", "/nobody/nothing", "/a/b/c/d"):
        assert pages(path).status_code == 404, path
    for path in ("/blob/main/none", "/pull/2", "/tree/none", "/runs/1", "/edit/none", "/commit/nope"):
        assert pages(home + path).status_code == 404, path


def test_forms_need_our_token(repo: Repo, pages: Visit) -> None:
    pull = repo.pull()
    home = f"/{repo.owner}/{repo.name}/pull/1"
    for form in ({"csrf": ""}, {"csrf": "guessed"}, {}):
        answer = httpx.post(
            f"{repo.github.url}{home}/merge", data=form | {"head": pull["head"]["sha"]}, trust_env=False, verify=False
        )
        assert answer.status_code == 403
    with repo.app() as app:
        assert app.get(f"{repo.path}/pulls/1").json()["merged"] is False


def test_talk_review_and_merge(repo: Repo, pages: Visit) -> None:
    pull = repo.pull(draft=True)
    home = f"/{repo.owner}/{repo.name}/pull/1"
    assert "Still a draft" in pages(home).text
    assert "Merge pull request" in pages(f"{home}/draft", draft="no").text
    assert "Looks <strong>good</strong>" in pages(f"{home}/comment", body="Looks **good**").text
    assert "requested changes" in pages(f"{home}/review", event="REQUEST_CHANGES", body="no").text
    assert "approved these changes" in pages(f"{home}/review", event="APPROVE").text
    assert "Closed without merging" in pages(f"{home}/comment", action="close").text
    assert "Merge pull request" in pages(f"{home}/comment", action="reopen").text
    stale = pages(f"{home}/merge", method="squash", head="5" * 40)
    assert stale.status_code == 409 and "moved" in stale.text
    merged = pages(f"{home}/merge", method="squash", head=pull["head"]["sha"])
    assert "Merged by <strong>ada</strong>" in merged.text
    assert repo.events()[2:] == [
        ("pull_request", "ready_for_review"), ("issue_comment", "created"), ("pull_request_review", "submitted"),
        ("pull_request_review", "submitted"), ("pull_request", "closed"), ("pull_request", "reopened"),
        ("pull_request", "closed"), ("push", None),
    ]  # fmt: skip


def test_a_file_can_be_edited(repo: Repo, pages: Visit, tmp_path: Path) -> None:
    home = f"/{repo.owner}/{repo.name}"
    page = pages(f"{home}/edit/main/constraints.yaml")
    old = re.search(r'name="old" value="(\w+)"', page.text)
    assert old is not None
    form = {"path": "constraints.yaml", "old": old.group(1), "text": "version: 1\r\ncloud: aws\r\n"}
    assert "cloud" in pages(f"{home}/edit/main/constraints.yaml", **form).text
    work = repo.clone(tmp_path)
    assert (work / "constraints.yaml").read_bytes() == b"version: 1\ncloud: aws\n"
    assert git(work, "log", "-1", "--format=%an %s") == "Ada Lovelace Update constraints.yaml"
    assert pages(f"{home}/edit/main/constraints.yaml", **form).status_code == 409, "changed meanwhile"
    made = pages(f"{home}/edit/main", path="docs/new.md", text="hi", old="", branch="ada/new")
    assert "Create docs/new.md" in made.text and "ada/new" in made.text
    assert pages(f"{home}/edit/main", path="../x", text="hi", old="").status_code in (409, 422)
    assert repo.events() == [("push", None), ("push", None), ("pull_request", "opened")]


def test_an_issue_can_be_opened(repo: Repo, pages: Visit) -> None:
    home = f"/{repo.owner}/{repo.name}"
    assert "For 2 million" in pages(f"{home}/issues", title="We need churn", body="For 2 million").text
    assert "A comment" in pages(f"{home}/issues/1/comment", body="A comment").text


def test_diagrams_are_drawn_from_here(repo: Repo, pages: Visit) -> None:
    repo.pull(body="```mermaid\ngraph LR; a-->b\n```")
    page = pages(f"/{repo.owner}/{repo.name}/pull/1")
    assert '<script src="/_assets/mermaid.tiny.js" defer>' in page.text
    packed = pages("/_assets/mermaid.tiny.js")
    assert packed.headers["content-encoding"] == "gzip" and "mermaid" in packed.text
    plain = httpx.get(
        f"{repo.github.url}/_assets/mermaid.tiny.js",
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
        verify=False,
    )
    assert plain.text == packed.text
    assert pages("/_assets/../app.json").status_code == 404
    assert pages("/_assets/site.css").status_code == pages("/_assets/avatar/1.svg").status_code == 200
