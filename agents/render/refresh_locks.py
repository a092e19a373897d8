"""`make templates-lock`: resolves what generated repositories can need and writes `templates/locks/`.

Reads the package index by uv; nothing of the index but names, versions, hashes and licences is written down.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.version import Version

from agents.locks import FOLDER, normal
from agents.render.dependencies import TABLE, Row, table
from agents.resources import content_root

PYTHON = "3.11"
PYTHONS = (11, 12, 13, 14)
"""Minor versions whose wheels are kept: what tech_stack chooses, and what laptops may have instead."""
PLATFORMS = re.compile(r"any|manylinux\w*_(x86_64|aarch64)|linux_(x86_64|aarch64)|macosx_\w+_(arm64|universal2)")
"""Where generated repositories run: their containers, runners and people's laptops. No musl, no Windows but WSL, no Intel Macs."""
IMAGE = re.compile(r"any|(manylinux\w*|linux)_(x86_64|aarch64)")
"""Where the generated image runs, with PYTHON."""
HERE = "(sys_platform == 'darwin' or sys_platform == 'linux')"
NAMED = {
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""Names in metadata that mean one licence of SPDX. "BSD License" means a family, so it stays as it is."""


def resolve(rows: list[Row], folder: Path) -> dict[str, Any]:
    """uv's lock of all rows together, made in `folder`."""
    needs = ", ".join(json.dumps(row.needs) for row in rows)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "everything"\nversion = "0"\nrequires-python = ">={PYTHON},<3.{PYTHONS[-1] + 1}"\n'
        f"dependencies = [{needs}]\n"
        "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\"]\n",
        "utf-8",
    )
    uv(["lock"], folder)
    return tomllib.loads((folder / "uv.lock").read_text("utf-8"))


def uv(arguments: list[str], folder: Path) -> str:
    """What uv says. It must stand beside this interpreter, as the development lock installs it."""
    command = [str(Path(sys.executable).with_name("uv")), *arguments, "--quiet", "--python", sys.executable]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def markers(folder: Path) -> dict[tuple[str, str], str]:
    """(name, version) to the environments it is needed in; "" is everywhere that the lock is for."""
    told = uv(["export", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header", "--frozen"], folder)
    found = {}
    for line in told.splitlines():
        pin, _, marker = line.partition(" ; ")
        name, _, version = pin.partition("==")
        found[(normal(name), version)] = within(marker.strip())
    return found


def within(marker: str) -> str:
    """The marker without what the lock's own platforms imply."""
    if marker in (HERE, HERE[1:-1]):
        return ""
    return marker.replace(f" and {HERE}", "").replace(f"{HERE} and ", "")


def kept(file: str, platforms_known: re.Pattern[str] = PLATFORMS, pythons: tuple[int, ...] = PYTHONS) -> bool:
    """True for a wheel that runs on one of these platforms and Pythons: where generated repositories run."""
    *_, interpreters, abis, platforms = file.removesuffix(".whl").split("-")
    if not any(platforms_known.fullmatch(platform) for platform in platforms.split(".")):
        return False
    minors = {tag for minor in pythons for tag in (f"cp3{minor}", f"py3{minor}")}
    if "none" in abis.split("."):
        return any(tag in ("py3", *minors) for tag in interpreters.split("."))
    return "abi3" in abis.split(".") or any(tag in minors for tag in abis.split("."))


def hashes(package: dict[str, Any], *where: Any) -> list[str]:
    """sha256 of the wheels that are kept, all or those that run `where`; of the source where there is no wheel at all."""
    wheels = package.get("wheels", [])
    chosen = [wheel for wheel in wheels if kept(wheel["url"].rsplit("/", 1)[-1], *where)] or [package["sdist"]]
    return sorted({file["hash"].removeprefix("sha256:") for file in chosen})


def needs(package: dict[str, Any]) -> dict[str, list[str]]:
    """Extra ("" without one) to requirements."""
    groups = {"": package.get("dependencies", []), **package.get("optional-dependencies", {})}
    return {extra: sorted({_need(item) for item in items}) for extra, items in sorted(groups.items()) if items}


def _need(item: dict[str, Any]) -> str:
    extras = f"[{','.join(sorted(item['extra']))}]" if item.get("extra") else ""
    return f"{item['name']}{extras}"


def licences(folder: Path) -> dict[str, tuple[str, str]]:
    """Name to (licence, field of the metadata), from the wheels themselves, whatever environment needs them."""
    versions = sorted(markers(folder), key=lambda item: Version(item[1]), reverse=True)
    pins = dict(versions)  # of two the older, which runs on PYTHON
    (folder / "all.txt").write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), "utf-8")
    target = folder / "installed"
    uv(["pip", "install", "--no-deps", "--target", str(target), "--requirement", "all.txt"], folder)
    found = {}
    for path in sorted(target.glob("*.dist-info/METADATA")):
        metadata = HeaderParser().parsestr(path.read_text("utf-8", "replace"))
        found[normal(str(metadata["Name"]))] = licence(metadata)
    return found


def licence(metadata: Message) -> tuple[str, str]:
    """What a package's metadata says: its SPDX expression, else its classifiers, else its free text if that is short."""
    expression = str(metadata.get("License-Expression") or "").strip()
    if expression:
        return expression, "License-Expression"
    classified = [str(value) for value in metadata.get_all("Classifier", []) if str(value).startswith("License ::")]
    names = sorted({value.rsplit(" :: ", 1)[-1] for value in classified} - {"OSI Approved"})
    if names:
        return ", ".join(NAMED.get(name, name) for name in names), "Classifier"
    free, *rest = str(metadata.get("License") or "").strip().splitlines() or [""]
    if free in NAMED:  # some write the whole text there, which begins with its name
        return NAMED[free], "License"
    return (free, "License") if free and len(free) <= 60 and not rest else ("", "")


def write(name: str, rows: list[Row], day: str, out: Path) -> int:
    """One resolution as a file of JSON lines; answers how many packages it has."""
    with tempfile.TemporaryDirectory(prefix="mlwright-locks-") as made:
        folder = Path(made)
        lock = resolve(rows, folder)
        where, known = markers(folder), licences(folder)
        version = uv(["--version"], folder).split()[1]
    lines: list[dict[str, Any]] = [{"resolved": day, "python": f"3.{PYTHONS[0]} to 3.{PYTHONS[-1]}", "uv": version}]
    for package in lock["package"]:
        marker = where.get((normal(package["name"]), package["version"]))
        if marker is None:  # the project itself, and what no environment of the lock needs
            continue
        text, source = known.get(normal(package["name"]), ("", ""))
        row = {"name": package["name"], "version": package["version"], "marker": marker, "licence": text}
        row |= {"licence_from": source, "needs": needs(package), "hashes": hashes(package)}
        image = hashes(package, IMAGE, PYTHONS[:1]) if "python_full_version >= '3.12'" not in marker else []
        row["image"] = image if image != row["hashes"] else []
        lines.append({key: value for key, value in row.items() if value})
    out.mkdir(exist_ok=True)
    (out / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return len(lines) - 1


def main() -> None:
    """Every resolution that the table names."""
    parser = argparse.ArgumentParser(prog="python -m agents.render.refresh_locks", description=__doc__)
    parser.add_argument("--day", required=True, help="the day that the locks say they were resolved on (YYYY-MM-DD)")
    day = parser.parse_args().day
    folder = content_root("templates")
    rows = table(folder)
    for name in sorted({row.resolution for row in rows if row.resolution}):
        chosen = [row for row in rows if row.resolution in ("", name)]
        print(f"{name}: {write(name, chosen, day, folder / FOLDER)} packages of {len(chosen)} rows of {TABLE}")


if __name__ == "__main__":
    main()
