"""One child process with limits, without a network where the system allows that, and with an environment made from
nothing: no secret, no setting of this machine.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OUTPUT_LIMIT = 8 * 1024 * 1024
"""Bytes that a tool may write to one file or stream; above that the system stops it."""

_LIMITS = 'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; ulimit -n 512; ulimit -v "$3" 2>/dev/null; shift 3; exec "$@"'


@dataclass(frozen=True)
class Finished:
    """How a child ended. `failure` is "" if it ended by itself, else why not, in words."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    failure: str = ""


def find_binary(name: str, search_path: str | None = None) -> str | None:
    """The tool's path: beside the running interpreter first (wheels put it there), then on the search
    path.
    """
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        found = shutil.which(name, path=str(folder))
        if found:
            return found
    return shutil.which(name, path=search_path)


@cache
def without_network() -> tuple[str, ...]:
    """What to put before a command so that it has no network: an own network namespace, which holds nothing but a
    loopback device that is down. () where this user may not make one, as in many containers; asked once a process.
    """
    unshare = shutil.which("unshare", path=os.pathsep.join(("/usr/bin", "/bin", os.environ.get("PATH", ""))))
    if unshare is None:
        return ()
    prefix = (unshare, "--user", "--map-current-user", "--net", "--")
    try:
        tried = subprocess.run([*prefix, "true"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return prefix if tried.returncode == 0 else ()


def run(
    command: list[str],
    *,
    cwd: Path,
    scratch: Path,
    seconds: int = 30,
    memory_mb: int = 4096,
    stdin: bytes = b"",
    extra: dict[str, str] | None = None,
    network: bool = False,
) -> Finished:
    """Runs `command` (an absolute binary and its arguments) in `cwd`; never raises for what the child does.

    Limits: wall and processor seconds, address space, size of written files, open files. The whole process
    group is killed at the time limit. The environment holds a home in `scratch`, a plain locale, and `extra`. The
    network is cut off as far as `without_network` can, but for a tool whose work is a look-up (`network`).
    """
    home = Path(tempfile.mkdtemp(prefix="home-", dir=scratch))
    limits = [str(seconds), str(OUTPUT_LIMIT // 512), str(memory_mb * 1024)]
    with tempfile.TemporaryFile(dir=home) as out, tempfile.TemporaryFile(dir=home) as err:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _LIMITS, "sh", *limits, *(() if network else without_network()), *command],
            cwd=cwd,
            env={**_environment(command, home), **(extra or {})},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        failure = ""
        try:
            child.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            failure = f"stopped after {seconds} s"
        finally:
            _end_group(child)
        code = child.returncode
        if not failure and code < 0:
            failure = f"ended by signal {signal.Signals(-code).name}"
        out.seek(0)
        err.seek(0)
        return Finished(code, out.read(OUTPUT_LIMIT), err.read(OUTPUT_LIMIT), failure)


def _environment(command: list[str], home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home),
        "PATH": os.pathsep.join(dict.fromkeys([str(Path(command[0]).parent), "/usr/bin", "/bin"])),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }


def _end_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
