"""The generated compose file: the image that is built, as nobody's root, with what it needs and no secret."""

import re
from typing import Any

import pytest
import yaml

from agents.domain.constraints import Problem
from tests.render.projects import PROJECTS, planned, tree

NAMES = [
    name
    for name in (
        "churn",
        "fargate",
        "endpoint",
        "kafka",
        "churn_nightly",
        *(n for n, r in PROJECTS.items() if r.problem is Problem.RAG),
    )
    if name in PROJECTS
]
"""One a kind of serving, and every project whose image has more in it."""


def compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(tree(name)[1]["compose.yaml"])
    return loaded


@pytest.mark.parametrize("name", NAMES)
def test_services_run_as_nobody_and_can_change_nothing_else(name: str) -> None:
    services = compose(name)["services"]
    assert "step" in services
    for service in services.values():
        assert service["user"] not in ("", "0", "root") and service["read_only"] and service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert service["image"].endswith(":local") and service["build"]["dockerfile"] in tree(name)[1]
        for value in service["environment"].values():
            assert value.startswith("/app/") or re.fullmatch(r"\$\{[A-Z_]+:-demo-key-for-synthetic-data-only\}", value)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_there_exactly_where_something_serves_and_is_asked_for_its_health(name: str) -> None:
    files = tree(name)[1]
    serves = any(app in path for path in files for app in ("serving/app.py", "sagemaker_app.py", "transform_app.py"))
    services = compose(name)["services"]
    assert ("api" in services) is serves
    if serves:
        asked = services["api"]["healthcheck"]["test"][-1]
        path = re.search(r":8080(/\w+)", asked)
        assert path and any(f'"{path[1]}"'.encode() in text for file, text in files.items() if "/serving/" in file)


def test_what_the_image_copies_is_not_ignored() -> None:
    for name in NAMES:
        files = {
            path: text.decode()
            for path, text in tree(name)[1].items()
            if path.endswith(("Dockerfile", ".dockerignore"))
        }
        sources = re.findall(r"^COPY (?!--from)(\S+)", files["docker/Dockerfile"], re.MULTILINE)
        assert sources and {f"!{source}" for source in sources} <= set(files[".dockerignore"].splitlines()), name


def test_the_key_of_personal_data_is_the_demos() -> None:
    keyed = [n for n in NAMES if planned(n).outputs["governance_ethics"].personal_data == "keyed-hash"]  # type: ignore[attr-defined]
    assert keyed
    for name in NAMES:
        there = "PRIVACY_KEY" in compose(name)["services"]["step"]["environment"]
        assert there is (name in keyed)
