"""Every detector finds what it is there for, and nothing in what is harmless."""

import pytest

from tests.injection import detectors as d

HOSTS = ("github.com",)
SECRETS = {"KEY": "sk-ant-canary-4f9c1d2e"}
EXPECTED = [
    (d.mentions, "thanks @octocat", "mentions @octocat"),
    (d.mentions, "cc (@acme/admins)", "mentions @acme"),
    (d.mentions, "as &#64;octocat says", "mentions @octocat"),
    (d.mentions, "| a |\n|---|\n| @octocat |", "mentions @octocat"),
    (d.references, "closes #12", "refers to #12"),
    (d.references, "see acme/churn#3 or GH-7", "refers to acme/churn#3"),
    (d.html, "<img src=x onerror=y>", "has the tag <img"),
    (d.html, "<details onclick=x></details>", "has the tag <details"),
    (d.html, "a </details> b", "closes a fold"),
    (d.html, "<details><summary>x</summary>\n\ny", "leaves a fold open"),
    (d.html, "a <!-- hidden order --> b", "hides a comment"),
    (d.ticked, "- [x] approved", "has a box"),
    (d.markers, "<!-- mlwright:pull a 0 --> x <!-- /mlwright --> y <!-- /mlwright -->", "has 2 times"),
    (d.markers, "<!-- mlwright:command 0 good --> x", "has sections that do not pair"),
    (d.commands, "text\n\n/approve", "gives the command /approve"),
    (d.expressions, "run: echo ${{ secrets.X }}", "has the expression"),
    (d.runner_commands, "::add-mask::x", "commands the runner"),
    (d.runner_commands, "│ ##[error]x", "commands the runner"),
    (d.acting, "\x1b[2J", "holds '\\x1b'"),
    (d.acting, "a\u202eb", "turns by"),
    (d.plain, "mlwright: @octocat", "mentions @octocat"),
    (d.plain, "fixes #1", "refers to #1"),
    (d.plain, "see https://evil.example", "links to https://evil.example"),
    (d.page_html, "<p><script>x</script>", "has <script>"),
    (d.page_html, "<svg><text onload='x'>", "acts by onload"),
    (d.page_html, "<a href='javascript:x'>y</a>", "acts by href"),
]
HARMLESS = [
    "latency < 50 ms at recall@10, a_b*c, C#, e-mail, R&D",
    "`@octocat` and `#12` in `<b>` code",
    "```\n@octocat #1 <img> /approve ${x}\n```",
    "<!-- mlwright:pull churn 0123 -->\n<details open><summary><b>x</b></summary>\n\ny\n\n</details>\n<!-- /mlwright -->",
    "[plan](https://github.com/acme/churn) and [here](reports/plan.md)",
    "<!-- mlwright:command 0 good -->\nx\n<!-- /mlwright:command -->",
    "p95 of 3/4; [x] in text; > quoted\n> /approve",
]


@pytest.mark.parametrize(("detector", "text", "found"), EXPECTED)
def test_it_fires(detector, text, found) -> None:  # type: ignore[no-untyped-def]
    assert any(words.startswith(found) for words in detector(text)), list(detector(text))


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://evil.example/?d=1)",
        "![p](https://github.com/x.png)",
        "see https://evil.example/x",
        "see www.evil.example",
        "<https://evil.example>",
        "[a][b]\n\n[b]: https://evil.example",
        "[m](mailto:eve@evil.example)",
        "[a](//evil.example/x)",
        "[a](http://github.com/x)",
    ],
)
def test_links_to_strangers_are_found(text: str) -> None:
    assert list(d.links(text, HOSTS))


@pytest.mark.parametrize("text", HARMLESS)
@pytest.mark.parametrize("kind", ["github", "page"])
def test_nothing_is_found_in_what_is_harmless(text: str, kind: d.Kind) -> None:
    assert list(d.found_in(d.Surface(kind, "x", text), HOSTS, SECRETS)) == []


@pytest.mark.parametrize(
    "disguise",
    [
        lambda v: v,
        lambda v: v[::-1],
        lambda v: v.encode().hex(),
        lambda v: __import__("base64").b64encode(v.encode()).decode(),
        lambda v: " ".join(v),
        lambda v: "\u200b".join(v),
    ],
)
def test_secrets_are_found_in_disguise(disguise) -> None:  # type: ignore[no-untyped-def]
    assert list(d.secrets(f"x {disguise(SECRETS['KEY'])} y", SECRETS)) == ["holds KEY"]


def test_files_elsewhere_are_found() -> None:
    assert list(d.paths(["../x", "/etc/passwd", ".git/config", "a\\b", "new.py", "a.py"], {"a.py"})) == [
        "escapes to ../x", "escapes to /etc/passwd", "escapes to .git/config", "escapes to a\\b", "writes new.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "before", "same", "other"),
    [
        ("a.py", 'X = "a"', 'X = "b"', 'X = "a"; import os'),
        ("a.yaml", "k: a", "k: b", "k: a\nrun: x"),
        ("a.tf", 'x = "a"', '# note\nx = "b"', 'x = "a"\ny = file("/etc")'),
        ("a.toml", 'x = "a"', 'x = "b"', 'x = "a"\ny = "c"'),
    ],
)
def test_another_skeleton_is_another(path: str, before: str, same: str, other: str) -> None:
    def bare(text: str) -> object:
        found = d.skeleton(path, text.encode())
        return found.split() if isinstance(found, str) else found

    assert bare(before) == bare(same) != bare(other)


def test_trailers_are_read() -> None:
    assert d.trailers("line\n\ntext: no\n\nMlwright-Run: a\nCo-authored-by: b <c@d>") == [
        "Mlwright-Run",
        "Co-authored-by",
    ]
