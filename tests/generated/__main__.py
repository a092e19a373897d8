"""`make generated`: repositories are written, installed, tested and demonstrated, as whoever merges one would do it.

Every scenario of `tests/scenarios` and every file of `tests/generated`, or those that are named: by a scenario's name or
the path of a constraint file. A line each with seconds a step; the exit code is 1 if any went wrong, and then the end of
its log is shown. Scenarios that must not come to a plan (`expected.yaml`) are right if nothing is written.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
STEPS = ("setup", "lint", "test", "demo")
TOLD = 60  # lines of a log, shown of what went wrong
# What installing needs to know of this machine; nothing else of the caller's environment reaches the generated repository.
PASSED = re.compile(r"(HOME|LANG|TMPDIR|(PIP|UV)_.+|SSL_CERT_(FILE|DIR)|(https?|no|all)_proxy)", re.IGNORECASE)


@dataclass
class Outcome:
    """How one repository fared."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    coverage: str = ""
    wrong: str = ""

    def line(self) -> str:
        told = "  ".join(f"{step} {spent:.0f} s" for step, spent in self.seconds.items())
        return (
            f"{'✖' if self.wrong else '✔'} {self.name:28} {told}{self.coverage}{'  ' if self.wrong else ''}{self.wrong}"
        )


def known() -> dict[str, Path]:
    """Name to constraint file."""
    scenarios = {path.parent.name: path for path in sorted(SCENARIOS.glob("*/constraints.yaml"))}
    return scenarios | {path.stem: path for path in sorted(HERE.glob("*.yaml"))}


def unplanned(constraints: Path) -> bool:
    """True if the scenario is there to be refused."""
    expected = constraints.with_name("expected.yaml")
    found = yaml.safe_load(expected.read_text("utf-8")) if expected.is_file() else {}
    return "infeasible" in found or "refused" in found


def clean_environment(tools: Path) -> dict[str, str]:
    """A terminal of its own: uv is on the path, this environment's Python and PYTHONPATH are not."""
    tools.mkdir(exist_ok=True)
    uv, link = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"), tools / "uv"
    if uv and not link.exists():
        link.symlink_to(uv)
    own = str(Path(sys.prefix))
    path = [str(tools), *(part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(own))]
    return {key: value for key, value in os.environ.items() if PASSED.fullmatch(key)} | {"PATH": os.pathsep.join(path)}


def run(constraints: Path, folder: Path, name: str, environment: dict[str, str]) -> Outcome:
    """One constraint file through every step; the log of all of them is `<folder>/<name>.log`."""
    outcome, out, log = Outcome(name), folder / name, folder / f"{name}.log"
    plan = [sys.executable, "-m", "bot", "plan", str(constraints.resolve()), "--out", str(out)]
    with log.open("w", encoding="utf-8") as told:

        def step(what: str, command: list[str], **more: object) -> int:
            started = time.monotonic()
            told.write(f"\n$ {' '.join(command)}\n")
            told.flush()
            code = subprocess.run(command, stdout=told, stderr=subprocess.STDOUT, check=False, **more).returncode  # type: ignore[call-overload]
            outcome.seconds[what] = time.monotonic() - started
            return int(code)

        code = step("plan", plan)
        if unplanned(constraints):
            outcome.wrong = "" if code and not out.exists() else "must not come to a plan, and did"
            return outcome
        if code:
            outcome.wrong = f"plan ended with {code}"
            return outcome
        for what in STEPS:
            code = step(what, ["make", what], cwd=out, env=environment)
            if code:
                outcome.wrong += f"{', ' if outcome.wrong else ''}make {what} ended with {code}"
            if code and what == "setup":
                return outcome
    covered = re.search(r"Total coverage: ([\d.]+)%", log.read_text("utf-8"))
    wanted = re.search(r"fail_under = (\d+)", (out / "pyproject.toml").read_text("utf-8"))
    if covered and wanted:
        outcome.coverage = f"  coverage {covered[1]} % of {wanted[1]} %"
    return outcome


def chosen(names: list[str]) -> dict[str, Path]:
    """What the arguments name; all that is known without any."""
    files = known()
    if not names:
        return files
    found = {name: files[name] if name in files else Path(name) for name in names}
    for name, path in found.items():
        if not path.is_file():
            raise SystemExit(f"{name}: neither a scenario ({', '.join(files)}) nor a constraint file")
    return {path.stem if name not in files else name: path for name, path in found.items()}


def main() -> int:
    """The exit code: 1 if anything is red."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios or constraint files; all scenarios without any")
    parser.add_argument("--jobs", type=int, default=1, help="how many at the same time (1)")
    parser.add_argument(
        "--keep", type=Path, help="an empty folder for the repositories and logs; else they are removed"
    )
    given = parser.parse_args()
    kept: Path | None = given.keep
    folder = kept.resolve() if kept else Path(tempfile.mkdtemp(prefix="mlwright-generated-"))
    folder.mkdir(parents=True, exist_ok=True)
    one = partial(_told, folder=folder, environment=clean_environment(folder / "tools"), keep=kept is not None)
    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = list(pool.map(one, chosen(given.names).items()))
    red = [outcome.name for outcome in outcomes if outcome.wrong]
    print(f"{len(outcomes) - len(red)} of {len(outcomes)} are right{'; wrong: ' if red else ''}{', '.join(red)}")
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if red else 0


def _told(item: tuple[str, Path], folder: Path, environment: dict[str, str], keep: bool) -> Outcome:
    """One outcome, told as soon as it is known."""
    name, constraints = item
    outcome = run(constraints, folder, name, environment)
    tail = (folder / f"{name}.log").read_text("utf-8").splitlines()[-TOLD:] if outcome.wrong else []
    print("\n".join((outcome.line(), *(f"    {line}" for line in tail))), flush=True)
    if not keep:
        shutil.rmtree(folder / name, ignore_errors=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
