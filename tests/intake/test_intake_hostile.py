"""Hostile and broken files: refused with a place and a remedy, in bounded time and memory (RELIABILITY 25, 26)."""

import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import FULL

from agents.domain.findings import Severity
from agents.intake.parse import Parsed, parse

CPU_SECONDS = 1.0
KB = 1024


def _timed(content: bytes) -> Parsed:
    started = time.process_time()
    parsed = parse(content)
    assert time.process_time() - started < CPU_SECONDS
    return parsed


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (n + 1, n + 1, *[n] * 8) for n in range(97, 105)
)

REFUSED = {
    "bomb": (BOMB, "anchor", 1, 4),
    "nested": (b"[\n" * 9_000, "too-deep", 33, 1),
    "nested-on-one-line": (b"[" * 30_000, "long-line", 1, 10_001),
    "thirty-thousand-lines-deep": (b"[\n" * 30_000, "too-large", 10_001, 1),
    "nested-on-a-short-line": (b"[" * 9_000, "too-deep", 1, 33),
    "nested-maps": (b"{a: " * 2_000, "too-deep", 1, 126),
    "nested-dashes": (b"- " * 60_000, "long-line", 1, 10_001),
    "merges": (b"<<: x\n" * 5_000, "anchor", 1, 1),
    "alias": (b"a: *x\n", "anchor", 1, 4),
    "python-tag": (b"a: !!python/object:os.system x\n", "tag", 1, 4),
    "core-tag": (b"a: !!str 1\n", "tag", 1, 4),
    "two-documents": (b"version: 1\n---\nversion: 1\n", "several-documents", 2, 1),
    "too-large": (b"#" * (256 * KB + 1), "too-large", 1, 1),
    "ten-megabytes": (b"a: 1\n" * (2 * KB * KB), "too-large", 1, 1),
    "latin-1": ("version: 1\nproject: {name: ü}".encode("latin-1"), "encoding", 2, 17),
    "utf-16": ("version: 1".encode("utf-16"), "encoding", 1, 1),
    "nul": (b"version: 1\nproject: {name: a\0b}\n", "forbidden-character", 2, 18),
    "escape-character": (b"a: \x1b[31m\n", "forbidden-character", 1, 4),
    "lone-surrogate": (b'version: 1\na: "\\ud800"\n', "syntax", 2, 7),
    "escaped-nul": (b'a: "\\0"\n', "forbidden-character", 1, 4),
    "no-such-character": (b'a: "\\UFFFFFFFF"\n', "syntax", None, None),
    "direction-override": ("a: b\u202ec\n".encode(), "forbidden-character", 1, 5),
    "empty": (b"", "empty", 1, 1),
    "spaces": (b"  \n\n", "empty", 3, 1),
    "comments": (b"# nothing\n", "empty", 2, 1),
    "null": (b"~\n", "not-a-mapping", 1, 1),
    "list": (b"- a\n", "not-a-mapping", 1, 1),
    "text": (b"hello\n", "not-a-mapping", 1, 1),
    "tab": (b"a:\n\tb: 1\n", "syntax", 2, 1),
    "open-bracket": (b"a: [1, 2\nb: 3\n", "syntax", 2, 2),
    "open-quote": (b'a: "x\n', "syntax", 2, 1),
    "two-colons": (b"a: b: c\n", "syntax", 1, 5),
    "yaml-1.1": (b"# x\n%YAML 1.1\n---\na: NO\n", "directive", 2, 1),
    "a-directive-twice": (b"%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "directive", 2, 1),
    "two-directives": (b"%YAML 1.2\n%TAG ! x\n---\na: 1\n", "directive", 2, 1),
    "five-thousand-values": (b"a: [" + b"\n1," * 5_001 + b"]", "too-many-values", None, None),
    "ten-thousand-lines": (b"# x\n" * 10_001, "too-large", 10_001, 1),
    "long-line": (b"a: " + b"x" * 10_001, "long-line", 1, 10_001),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(name: str) -> None:
    content, rule, line, column = REFUSED[name]
    parsed = _timed(content)
    assert parsed.constraints is None and parsed.digest is None
    (finding,) = parsed.findings
    assert finding.rule == f"constraints.{rule}"
    assert finding.severity is Severity.ERROR
    assert finding.remediation
    assert finding.location is not None
    if line is not None:
        assert (finding.location.line, finding.location.column) == (line, column)


SLOW = {
    "comment-lines": b"# x\n" * (60 * KB),
    "text-lines": b"a:\n" + b" x\n" * (80 * KB),
    "block-text": b"a: |\n" + b"  x\n" * (60 * KB),
    "empty-lines": b"a: |\n" + b"\n" * (250 * KB),
    "folded": b"a: >\n" + b"  x\n\n" * (50 * KB),
    "flow-keys": b"{" + b"a: b,\n" * (40 * KB),
    "quoted-lines": b'a: "' + b"\n" * (250 * KB) + b'"',
    "directives": b"%YAML 1.2\n" + b"%F x\n" * (50 * KB),
    "long-tag": b"a: !" + b"x" * 9_990,
    "unknown-keys": b"".join(b"k%d: 1\n" % n for n in range(2_400)),
    "odd-quotes": b"a: '" + b"''\n" * (80 * KB),
}


@pytest.mark.parametrize("name", SLOW)
def test_slow_files_stay_within_a_second_of_processor_time(name: str) -> None:
    content = SLOW[name][: 256 * KB]
    assert _timed(content).constraints is None


def test_without_the_c_library_the_same_files_are_read_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = parse(FULL).digest
    monkeypatch.delattr("yaml.CSafeLoader")
    assert parse(FULL).digest == digest
    for name in (
        "bomb",
        "alias",
        "merges",
        "nested",
        "two-documents",
        "tab",
        "open-bracket",
        "open-quote",
        "lone-surrogate",
    ):
        assert parse(REFUSED[name][0]).constraints is None, name
    assert parse(b'a: "\\ud800"\n').findings[0].rule == "constraints.forbidden-character"


def test_memory_stays_bounded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for content in (
        BOMB,
        REFUSED["nested"][0],
        REFUSED["ten-megabytes"][0],
        SLOW["flow-keys"],
        SLOW["block-text"],
    ):
        parse(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * KB  # kilobytes


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"9" * 5_000, "no number that can be used"),
        (b"1e999999999", "no number that can be used"),
        (b".inf", "no number that can be used"),
        (b".nan", "no number that can be used"),
        (b"0x" + b"f" * 60, "no number that can be used"),
        (b"1e39", "out of range"),
    ],
)
@pytest.mark.parametrize(
    "field", [b"budget_band: {target: %s}", b"sla_latency_ms: %s", b"throughput: {training_rows: %s}"]
)
def test_numbers_that_no_field_can_hold(value: bytes, words: str, field: bytes) -> None:
    parsed = _timed(b"version: 1\nproject: {name: x}\n" + field % value + b"\n")
    assert [words in finding.message for finding in parsed.findings] == [True]
    assert parsed.findings[0].location is not None and parsed.findings[0].location.line == 3


def test_a_byte_order_mark_and_other_line_ends_change_nothing() -> None:
    digests = {
        parse(content).digest
        for content in (
            FULL,
            b"\xef\xbb\xbf" + FULL,
            FULL.replace(b"\n", b"\r\n"),
            FULL.rstrip(b"\n"),
            b"---\n" + FULL + b"...\n",
        )
    }
    assert len(digests) == 1 and None not in digests


def test_a_wrong_byte_names_its_offset() -> None:
    (finding,) = parse(b"version: 1\nx: \xff\n").findings
    assert finding.message == "byte 14 (0xff) is not UTF-8; only UTF-8 is read."


_FRAGMENTS = st.sampled_from(
    [
        b"version: 1\n",
        b"project:\n",
        b"  name: x\n",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b": ",
        b"a",
        b"'",
        b'"',
        b"|\n",
        b">\n",
        b"&a ",
        b"*a ",
        b"!!x ",
        b"---\n",
        b"...\n",
        b"%YAML 1.2\n",
        b"? ",
        b",",
        b"#",
        b"\n",
        b"\t",
        b"  ",
        b"\r",
        b"\\x",
        b"<<",
        b"\xc3",
        b"\0",
        b"regions: [",
        b"choose: {serve: ",
        b"assume: {A1: ",
        b"waivers:\n- ",
        b"9" * 50,
        b".nan",
        b"~",
        b"\xe2\x80\xae",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(_FRAGMENTS, max_size=40).map(b"".join)))
def test_any_bytes_give_constraints_or_located_errors(content: bytes) -> None:
    parsed = _timed(content)
    assert (parsed.constraints is None) == bool(parsed.errors)
    assert all(finding.location and finding.location.line >= 1 and finding.remediation for finding in parsed.findings)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FULL)), st.binary(max_size=6), st.integers(0, 12))
def test_a_damaged_file_never_raises(at: int, inserted: bytes, dropped: int) -> None:
    parsed = _timed(FULL[:at] + inserted + FULL[at + dropped :])
    assert (parsed.constraints is None) == bool(parsed.errors)
