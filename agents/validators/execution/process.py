"""One child process with limits and an environment made from nothing: no secret, no setting of this
machine.
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


def run(
    command: list[str],
    *,
    cwd: Path,
    scratch: Path,
    seconds: int = 30,
    memory_mb: int = 4096,
    stdin: bytes = b"",
    extra: dict[str, str] | None = None,
) -> Finished:
    """Runs `command` (an absolute binary and its arguments) in `cwd`; never raises for what the child does.

    Limits: wall and processor seconds, address space, size of written files, open files. The whole process
    group is killed at the time limit. The environment holds a home in `scratch`, a plain locale, and `extra`.
    """
    home = Path(tempfile.mkdtemp(prefix="home-", dir=scratch))
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home),
        "PATH": os.pathsep.join(dict.fromkeys([str(Path(command[0]).parent), "/usr/bin", "/bin"])),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        **(extra or {}),
    }
    limits = [str(seconds), str(OUTPUT_LIMIT // 512), str(memory_mb * 1024)]
    with tempfile.TemporaryFile(dir=home) as out, tempfile.TemporaryFile(dir=home) as err:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _LIMITS, "sh", *limits, *command],
            cwd=cwd,
            env=environment,
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


def _end_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
