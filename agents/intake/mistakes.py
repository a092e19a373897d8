"""What is said about each kind of mistake: the value seen, what is allowed, what to write instead."""

import re
import unicodedata

from agents.intake.nearest import nearest, nearest_field
from agents.intake.nodes import Mapping, Node, Scalar, Sequence
from agents.intake.problem import Mark, Problem, shown
from agents.intake.scalars import bare_number, resolve_plain
from agents.intake.shape import Items, Leaf, Member, Record, Table, walk

MAX_PROBLEMS = 100
"""Mistakes listed for one file. More than a person mends in one go; bounds the time for hostile files."""

_FORMS = {
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "lower-case letters, digits and single dashes, a letter first",
    r"^[A-Za-z0-9][A-Za-z0-9 ._+/#@-]*$": "letters, digits, spaces and . _ + / # @ -, a letter or digit first",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "a column name: letters, digits and _, not starting with a digit",
    r"^[a-z0-9-]+$": "a region code such as eu-west-1",
    r"^[\w.-]+/[\w.-]+@[0-9a-f]{7,40}$": "owner/repository@commit, the commit as 7 to 40 hex digits",
    r"^([a-z]+:)?[a-z]+(-[a-z0-9]+)+$": "a pattern id such as aws-ecs-fargate or serve:aws-ecs-fargate",
    r"^A\d+$|^[a-z][a-z0-9_.]*$": "an assumption's id (A3) or a field (availability_target)",
    r"^(environment|path|slot):[^\s:]+$": "a scope such as environment:dev, path:infra/ or slot:serve.online",
    r"^[a-z0-9][a-z0-9._-]*$": "a rule's id: lower-case letters, digits and . _ -",
    r"^\d{4}-\d{2}-\d{2}$": "a date such as 2027-01-31",
    r"^\d{4}-\d{2}-\d{2}([T ][0-9:.]{5,15}Z?)?$": "a date or time such as 2027-01-31 or 2027-01-31T08:30:00",
}
"""The patterns of the constraint model in words; a test holds that none is missing."""
_NAMES = tuple(_FORMS)[:3]
"""Forms of names that people give as they like: a wrong one can be said in the right form."""


def unknown_field(name: str, here: str, shape: Record, mark: Mark, top: Record) -> Problem:
    """A field that the schema does not have, with the nearest that it has."""
    key = f"{here}.{name}" if here else name
    if name.isdigit():
        what = "unknown field. A comma separates fields, so a number cannot have one."
        return Problem("unknown-field", shown(key), what, "Write the number without a comma: 1500.", mark)
    everywhere = [dotted for dotted, _ in walk(top)]
    close = nearest_field(name, shape.members, here, everywhere)
    prefix = f"{here}." if here else ""
    if close is not None and close.startswith(prefix) and "." not in close.removeprefix(prefix):
        short = close.removeprefix(prefix)
        return Problem(
            "unknown-field",
            shown(key),
            f"unknown field. Did you mean {short}?",
            f"Write {short} instead of {shown(name)}.",
            mark,
        )
    if close is not None:
        section, _, last = close.rpartition(".")
        where = f"under {section}" if section else "at the top level"
        return Problem(
            "unknown-field",
            shown(key),
            f"unknown field. Did you mean {close}?",
            f"Write {last} {where}.",
            mark,
        )
    allowed = ", ".join(shape.members)
    return Problem("unknown-field", shown(key), "unknown field.", f"Remove it. Allowed here: {allowed}.", mark)


def missing_field(key: str, member: Member, mark: Mark) -> Problem:
    """A field without which the file is not well-formed."""
    short = key.rpartition(".")[2]
    example = member.examples[0] if member.examples else 1 if short == "version" else "…"
    if isinstance(member.shape, Record):
        remedy = f"Write `{short}: {{{', '.join(f'{n}: …' for n, m in member.shape.members.items() if m.required)}}}`."
    else:
        remedy = f"Write `{short}: {example}`."
    return Problem("missing-field", key, f"missing. {member.description}".rstrip(), remedy, mark)


def not_a_record(key: str, shape: Record | Table, node: Node, mark: Mark) -> Problem:
    """A value or list where fields are expected."""
    short = key.rpartition(".")[2]
    if isinstance(shape, Record):
        names = tuple(shape.members)
        what = f"needs fields ({', '.join(names[:6])}{', …' if len(names) > 6 else ''}); found {_seen(node)}."
        fitting = f"{names[0]}: {shown(node.text)}" if isinstance(node, Scalar) else f"{names[0]}: …"
        return Problem("wrong-type", key, what, f"Write `{short}: {{{fitting}}}`.", mark)
    what = f"needs pairs of name and value; found {_seen(node)}."
    return Problem("wrong-type", key, what, f"Write `{short}: {{{_example(shape.key)}: …}}`.", mark)


def not_a_list(key: str, shape: Items, node: Node) -> Problem:
    """A single value or fields where a list is expected."""
    short = key.rpartition(".")[2]
    one = shown(node.text) if isinstance(node, Scalar) else "…"
    if isinstance(shape.item, Record):
        one = "{name: …}"
    return Problem("wrong-type", key, f"needs a list; found {_seen(node)}.", f"Write `{short}: [{one}]`.", node.start)


def not_text(key: str, leaf: Leaf, node: Node, mark: Mark) -> Problem:
    """A list, fields or nothing where one value is expected."""
    return Problem(
        "wrong-type",
        key,
        f"needs {_wanted(leaf, '')}; found {_seen(node)}.",
        f"Write one value: {_allowed(leaf)}.",
        mark,
    )


def not_a_number(key: str, node: Scalar, leaf: Leaf, unit: str) -> Problem:
    """Text, a switch, or a number that cannot be kept, where a number is expected."""
    resolved = resolve_plain(node.text.strip())
    if resolved.kind == "number" and resolved.number is None:
        what = f"{shown(node.text)} is no number that can be used; needs {_wanted(leaf, unit)}."
    elif resolved.kind == "number":
        what = f"{shown(node.text)} has a fraction; needs {_wanted(leaf, unit)}."
    else:
        what = f"needs {_wanted(leaf, unit)}; found {_seen(node)}."
    bare = bare_number(node.text, unit)
    remedy = f"Write {bare if bare is not None else _number_words(leaf)}."
    return Problem("wrong-type", key, what, remedy, node.start)


def not_in_range(key: str, node: Scalar, leaf: Leaf, unit: str) -> Problem:
    """A number outside what is possible or supported."""
    what = f"{shown(node.text)} is out of range; allowed is {_allowed(leaf)}{f' {unit}' if unit else ''}."
    return Problem("out-of-range", key, what, f"Write {_number_words(leaf)}.", node.start)


def not_allowed(key: str, text: str, leaf: Leaf, mark: Mark, what: str = "") -> Problem:
    """A word outside a closed vocabulary, with the nearest that is in it."""
    close = nearest(text, (*leaf.choices, *leaf.later))
    if close in leaf.later:
        seen = f"{close} has no patterns in the catalogue yet; {_choices(leaf.choices)} has."
        remedy = f"Write {shown(key)}: {_choices(leaf.choices)}, with regions and patterns of it."
        return Problem("not-supported-yet", shown(key), seen, remedy, mark)
    seen = what or f"{shown(text) or 'an empty text'} is not known"
    hint = f" Did you mean {close}?" if close is not None else ""
    rule = "unknown-field" if what else "unknown-value"
    return Problem(rule, shown(key), f"{seen}.{hint}", f"Write {_choices(leaf.choices)}.", mark)


def wrong_form(key: str, text: str, leaf: Leaf, mark: Mark) -> Problem:
    """Text that is too long or of another form than the field's."""
    if leaf.max_length is not None and len(text) > leaf.max_length:
        what = f"{len(text):,} characters are too many; at most {leaf.max_length:,}."
        return Problem("too-long", shown(key), what, "Shorten it.", mark)
    form = _FORMS.get(leaf.pattern or "", "another form")
    what = f"{shown(text) or 'an empty text'} is not {form}."
    return Problem("wrong-form", shown(key), what, _in_form(text, leaf.pattern or ""), mark)


def _in_form(text: str, pattern: str) -> str:
    """What to do about a text of another form, which was told: the same word in it, or the character that no form takes."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    odd = next((c for c in plain if not c.isascii()), None)
    if odd is not None:
        letter = f"{odd} is " if odd.isprintable() else "It holds "
        return f"{letter}U+{ord(odd):04X} ({unicodedata.name(odd, 'without a name')}): write plain letters and digits."
    for filler in "-_":
        word = re.sub(r"[^A-Za-z0-9]+", filler, plain).strip(filler)
        for fitting in (word, word.lower()):
            if pattern in _NAMES and re.fullmatch(pattern, fitting):
                return f"Write {shown(fitting)}, for example."
    return "Correct it."


def _wanted(leaf: Leaf, unit: str) -> str:
    words = {"number": "a number", "integer": "a whole number", "money": "a number", "flag": "true or false"}
    base = words.get(leaf.kind, "one of " + _choices(leaf.choices) if leaf.choices else "text")
    return f"{base} ({unit})" if unit else base


def _allowed(leaf: Leaf) -> str:
    if leaf.choices:
        return _choices(leaf.choices)
    low = (
        f"{leaf.minimum:,g}"
        if leaf.minimum is not None
        else f"more than {leaf.above:,g}"
        if leaf.above is not None
        else ""
    )
    high = (
        f"{leaf.maximum:,.0f}"
        if leaf.maximum is not None
        else f"less than {leaf.below:,g}"
        if leaf.below is not None
        else ""
    )
    if low and high:
        return f"{low}, at most {high}" if leaf.above is not None else f"{low} to {high}"
    return low or high or ("a number" if leaf.kind in ("number", "integer", "money") else "text")


def _number_words(leaf: Leaf) -> str:
    allowed = _allowed(leaf)
    return allowed if allowed == "a number" else f"a number, {allowed}"


def _choices(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


def _example(leaf: Leaf) -> str:
    return leaf.choices[0] if leaf.choices else "name"


def _seen(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"the text {shown(node.text)}" if node.text.strip() else "nothing"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    assert isinstance(node, Mapping)
    return f"fields ({shown(', '.join(node.entries))})" if node.entries else "empty fields"
