"""Shared Markdown pieces: figures, tables, folds, cutting, and text of others that can do nothing."""

import json
import re
from decimal import Decimal as D
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agents.domain.text import printable
from agents.reports.neutralise import neutralise, one_line
from agents.reports.text import (
    cell,
    code,
    count,
    fence,
    fold,
    length,
    money,
    percent,
    share,
    signed_money,
    table,
    truncate,
)

RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@pytest.mark.parametrize(
    ("amount", "text", "difference"),
    [
        ("1086", "$1,086", "+$1,086"),
        ("-214", "\u2212$214", "\u2212$214"),
        ("0", "$0", "±$0"),
        ("0.42", "$0.42", "+$0.42"),
        ("9.995", "$10.00", "+$10.00"),
        ("10.5", "$11", "+$11"),
        ("1234567.5", "$1,234,568", "+$1,234,568"),
        ("0.001", "under $0.01", "±$0"),
    ],
)
def test_money(amount: str, text: str, difference: str) -> None:
    assert money(D(amount)) == text and signed_money(D(amount)) == difference


def test_percent_share_and_count() -> None:
    assert [percent(D(v)) for v in ("46.4", "-3", "0.04", "9.96", "-0.5")] == [
        "+46 %",
        "\u22123 %",
        "±0 %",
        "+10 %",
        "\u22120.5 %",
    ]
    assert share(D(1086), D(1500)) == "72 %" and share(D(1), D(0)) == "-"
    assert [count(1.0, "file"), count(2000, "file"), count(2, "policy", "policies")] == [
        "1 file",
        "2,000 files",
        "2 policies",
    ]


HOSTILE = [
    "@octocat please",
    "ping @org/team",
    "fixes #12",
    "Closes: octo/repo#9",
    "resolves https://github.com/o/r/issues/1",
    "GH-77",
    "<img src=https://x.y/z.png onerror=alert(1)>",
    "<!-- marker -->",
    "</details></details>",
    "&lt;script&gt;",
    "![pixel](https://evil.example/p.png)",
    "![pixel][p]\n\n[p]: https://evil.example/p.png",
    "[click](javascript:alert(1))",
    "```\nbreak out\n```",
    "~~~~\nbreak out",
    "- [x] I approve",
    "a\u202eb\u200b\ufeffc\U000e0041",
    "\x1b[31mred\x1b[0m \x07",
    "lone \ud800 surrogate",
    "${{ secrets.X }} {{ x }} {% x %}",
    "<https://evil.example>",
    "text\r\n@nl\u2028@sep",
    "see https://evil.example/?d=1 or www.evil.example or mailto:a@evil.example",
    "/approve\n  /waive x until=2099-01-01 reason=y",
    "$`\\href{https://evil.example}{x}`$",
]


def _inert(text: str) -> None:
    html = RENDER.render(text)
    for tag in ("<img", "<a ", "<script", "<!--", "<details", "</details", 'onerror="'):
        assert tag not in html, (text, html)
    assert not re.search(r"(?<![\w`])@[\w-]", text)
    assert not re.search(r"#\d|(?i:\bgh-\d)", text)
    assert not re.search(
        r"(?i)\b(fix(e[sd])?|close[sd]?|resolve[sd]?)\b\s*:?\s*(([\w.-]+/[\w.-]+)?#\d|http|gh-\d)", text
    )
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08\x1b\ud800-\udfff]", text)
    assert not re.search(r"\[[ xX]\]", re.sub(r"(?m)^(?!\s*[-*+]).*$", "", text)) or "\u200b[" in text
    assert "{{" not in text and "{%" not in text and "$`" not in text
    assert not re.search(r"(?i)[a-z]://|\bwww\.|\bmailto:", text)
    assert not re.search(r"(?m)^[ \t]*/[a-z]", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_can_do_nothing(text: str) -> None:
    _inert(neutralise(text))
    _inert(one_line(text))
    assert "\n" not in one_line(text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*HOSTILE, "@", "#1", "`", "fixes ", "<", "!", "[", "](", "x", " ", "\n"]), max_size=6
    ).map("".join)
)
def test_no_combination_of_them_can(text: str) -> None:
    once = neutralise(text)
    _inert(once)
    assert "`" * 3 not in once and "~" * 3 not in once


@pytest.mark.parametrize(
    "text",
    [
        *(
            "latency < 50 ms",
            "a_b*c",
            "C#",
            "e-mail",
            "#1 priority",
            "recall@10",
            "a@b.example",
            "AT&T <b>",
            "C:\\dir\\*",
            "\\",
        ),
        *(
            "`open",
            "a ` b `` c ` d ```",
            "\\` x",
            "ends in \\",
            "__init__.py",
            "*.py and *.md",
            "~5 to ~10 ms",
            "2 * 3 * 4",
        ),
        *(
            "5 $ to 6 $",
            "[x] done",
            "https://a.example/b_c",
            "/opt/ml",
            "naïve 日本語 🙂",
            "a | b",
            "> 3",
            "1) x",
            "x ** y ** z",
        ),
    ],
)
def test_ordinary_text_reads_as_it_was_written(text: str) -> None:
    for shown in (f"x {one_line(text)}", one_line(f"x {text}")):
        html = RENDER.renderInline(shown)
        seen = unescape(re.sub(r"<code>(.*?)</code>", r"`\1`", html)).replace("\u200b", "")
        assert seen.replace("`", "").split() == f"x {text}".replace("`", "").split(), html
    assert "<" not in re.sub("</?code>", "", RENDER.renderInline(cell(f"x {text}")))


@pytest.mark.parametrize("before", ["`", "``", "a `b` `", "\\`", "``` x", "x\\", "**", "~~"])
def test_no_text_changes_what_stands_behind_it(before: str) -> None:
    html = RENDER.renderInline(f"{one_line(before)} {code('@octocat #1')} **{cell(before)}** end")
    assert "<code>@octocat #1</code>" in html and "<strong>" in html and html.endswith("</strong> end")


def test_code_holds_no_marker_of_ours() -> None:
    for shown in (
        code("a <!-- /mlwright --> b"),
        fence("<!-- mlwright:pull churn 0 -->\n<!--  /mlwright -->\n<!-- theirs -->"),
    ):
        assert not re.search(r"<!--\s*/?mlwright", shown)
    assert "<!-- theirs -->" in fence("<!-- theirs -->")


def test_a_terminal_is_told_nothing_but_text() -> None:
    assert printable("a\x1b[2Jb\x1b]0;title\x07c\x9b31md\x07\x08\rfake") == "abc31md\nfake"
    assert printable("x\r") == "x\r" and printable("tab\tline\n") == "tab\tline\n"
    hidden = {"k": "\u202eevil\u2069\U000e0041 🙂"}
    shown = printable(json.dumps(hidden, ensure_ascii=False))
    assert shown.isprintable() and json.loads(shown) == hidden


def test_ordinary_text_reads_the_same() -> None:
    plain = "p95 < 150 ms & cost > $5; see docs/a.md, 3 * 4, user_name, a-b, 50 % (eu-west-1)."
    assert neutralise(plain) == plain == one_line(plain)
    assert one_line("pii data: its key is rotated") == "pii data: its key is rotated", "no address"
    assert one_line("a" * 400, 10) == "a" * 9 + "…"
    assert one_line("# head") == "\\# head"


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "x\ny", "`a|b`", "| --- |"])
def test_a_cell_stays_one_cell(text: str) -> None:
    html = RENDER.render(table(("h", "i"), [(cell(text), "end")]))
    assert html.count("<td") == 2 and "<td>end</td>" in html


@pytest.mark.parametrize("text", ["a`b", "``", "`", "a|b", " x ", "a\nb", ""])
def test_code_stays_code(text: str) -> None:
    html = RENDER.render(f"start {code(text)} end")
    assert html.count("<code>") == 1 and html.rstrip().endswith("end</p>")
    row = RENDER.render(table(("h", "i"), [(code(text, in_table=True), "end")]))
    assert row.count("<td") == 2


def test_fences_and_folds_cannot_be_left() -> None:
    html = RENDER.render(fence("a\n````\nb\n```", "hcl") + "\n\nafter")
    assert html.count("<pre>") == 1 and "<p>after</p>" in html
    cut = fold("more", "text\n\n```\ncode that was cut\n\n<details><summary>x</summary>")
    assert cut.count("<details") == 1 + cut.count("<details><summary>x") and cut.rstrip().endswith("</details>")
    assert cut.split("```")[2].strip().startswith("</details>")
    assert "<details open>" in fold("x", "y", opened=True)


PART = st.sampled_from(
    [
        "word " * 5,
        "```\ncode\n```",
        "```py\n" + "x = 1\n" * 5 + "```",
        fold("s", "body\n\n```\na\n```"),
        "é" * 20,
        "🙂" * 5,
        "| a |\n|---|\n| b |",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PART, max_size=12).map("\n\n".join), st.integers(0, 400), st.sampled_from(["utf8", "utf16"]))
def test_truncate_never_exceeds_and_never_breaks(text: str, limit: int, unit: str) -> None:
    tail = "Cut: see reports/summary.md"
    short = truncate(text, limit, tail, unit)  # type: ignore[arg-type]
    assert length(short, unit) <= limit  # type: ignore[arg-type]
    if length(text, unit) <= limit:  # type: ignore[arg-type]
        assert short == text
        return
    assert short.count("<details>") == short.count("</details>")
    assert len(re.findall(r"(?m)^```", short)) % 2 == 0
    if limit > 100:
        assert short.endswith(tail)
        assert text.startswith(short[:20]) or not text.startswith(("word", "é", "🙂"))


def test_truncate_keeps_the_verdict_line() -> None:
    text = "> ✅ Ready to review.\n\n" + "\n".join(f"line {n}" for n in range(10_000))
    short = truncate(text, 1000, "More in reports/summary.md.")
    assert short.startswith("> ✅ Ready to review.\n\nline 0\n") and short.endswith("\n\nMore in reports/summary.md.")
    assert 950 < length(short) <= 1000
