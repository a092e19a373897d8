"""The issue form that a repository can have: what somebody needs, in plain words.

https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import yaml

from agents.intake.conversation import Told
from agents.intake.freetext import extract
from bot.issue_messages import INTAKE_HEADING

PATH = ".github/ISSUE_TEMPLATE/mlwright.yml"
FORM = """\
name: A production ML system
description: Say what you need in plain words; mlwright answers with constraints, or with questions.
title: "mlwright: "
labels: [mlwright]
body:
  - type: textarea
    id: need
    attributes:
      label: What do you need?
      description: What is predicted, from which data, for whom, and how soon an answer must be there.
      placeholder: >-
        Nightly churn scores for 2 million subscribers on AWS in eu-west-1. Usage data comes as Parquet every morning and
        holds personal data. At most 1,500 USD a month. Two people, Python and SQL.
    validations:
      required: true
  - type: dropdown
    id: data
    attributes:
      label: What kind of data is it?
      options: [not sure, public, internal, confidential, personal (pii), health (phi), payment cards (pci)]
    validations:
      required: true
  - type: input
    id: budget
    attributes:
      label: What may it cost a month?
      placeholder: "1500 USD"
  - type: textarea
    id: more
    attributes:
      label: What else must hold?
      description: Laws, response time, availability, tools you already use.
"""

QUIET = "_No response_"
"""What GitHub writes where a field was left empty."""
_UNSAID = "not sure"
_KEYS = {"data": "data_classification", "budget": "budget_band.monthly_usd_max"}
_HEADING = re.compile(r"^### (.+?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Filled:
    """The text of an issue: what is prose, and what was chosen or written in a field of the form."""

    prose: str
    fields: tuple[Told, ...] = ()


@cache
def _labels() -> dict[str, str]:
    """Heading to field, as the form has them."""
    return {part["attributes"]["label"]: part["id"] for part in yaml.safe_load(FORM)["body"]}


def read_form(body: str) -> Filled:
    """What people filled in; a text that is not of our form is all prose."""
    body = body.replace("\r", "")
    if not body.lstrip().startswith(INTAKE_HEADING):
        return Filled(body)
    prose, fields = [], []
    for heading, text in _sections(body):
        place = _labels().get(heading)
        if text == QUIET or not text:
            continue
        if place == "data":
            inner = re.search(r"\(([a-z]+)\)$", text)
            fields += [Told(_KEYS[place], inner[1] if inner else text, text)] if text != _UNSAID else []
        elif place == "budget":
            fields += _budget(text)
        else:  # a heading that a person wrote is theirs
            prose.append(text if place is not None else f"{heading}\n{text}")
    return Filled("\n\n".join(prose), tuple(fields))


def _budget(text: str) -> list[Told]:
    """What is in the field for the budget: words as in prose, or a number alone. What is neither is told as wrong."""
    for sentence in (text, f"At most {text}.", f"At most {text} a month."):
        found = [quoted for quoted in extract(sentence).quoted if quoted.key.startswith("budget_band.")]
        if found:
            return [Told(quoted.key, str(quoted.value), text) for quoted in found]
    return [Told(_KEYS["budget"], text, text)]


def _sections(body: str) -> Iterator[tuple[str, str]]:
    found = list(_HEADING.finditer(body))
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(body)
        yield match[1], body[match.end() : end].strip()
