"""Whatever others wrote into a file, the terminal is told text: by results, by errors, and in every format."""

import json
from pathlib import Path

import pytest
import typer

from bot.cli.app import SERVERS, app
from bot.cli.terminal import in_plain_text
from tests.cli.running import SEED, mlwright

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b8m\u202eoverride\u2069"


def _acts(text: str) -> bool:
    return any(not (c.isprintable() or c in "\n\t") for c in text)


def test_a_hostile_file_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31mconstraints.yaml"
    file.write_text(SEED.read_text())
    done = mlwright("check", file, "--as-of", EVIL)
    assert done.returncode == 2 and "override" in done.stderr
    assert not _acts(done.stdout) and not _acts(done.stderr)
    missing = mlwright("check", tmp_path / EVIL)
    assert missing.returncode == 2 and "override" in missing.stderr and not _acts(missing.stderr)


def test_a_command_prints_text_and_json_keeps_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    in_plain_text(lambda: print(EVIL, json.dumps({"k": "\u202e"}, ensure_ascii=False)))()
    told = capsys.readouterr().out
    assert not _acts(told) and json.loads(told[told.index("{") :]) == {"k": "\u202e"}
    print(EVIL)
    assert _acts(capsys.readouterr().out), "only commands are bound"


def test_every_command_is_bound() -> None:
    group = typer.main.get_group(app)
    for name in group.commands:
        command = group.get_command(None, name)
        assert hasattr(command.callback, "prints_text") is (name not in SERVERS), name
