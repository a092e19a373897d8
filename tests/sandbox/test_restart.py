"""What a restart must not lose: the ports that addresses were published with, and webhooks that nobody received."""

import socket
from pathlib import Path

from bot.sandbox.github.server import LocalGitHub
from bot.sandbox.placement import kept_port
from tests.sandbox.conftest import Receiver


def test_a_port_is_kept_until_somebody_else_has_it(tmp_path: Path) -> None:
    record = tmp_path / "port"
    port = kept_port(record)
    assert kept_port(record) == port and record.read_text() == str(port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        moved = kept_port(record)
    assert moved != port and kept_port(record) == moved


def test_a_damaged_record_of_a_port_is_written_anew(tmp_path: Path) -> None:
    record = tmp_path / "port"
    for text in ("", "eighty", "0", "70000", "-1"):
        record.write_text(text)
        assert 0 < kept_port(record) < 65_536


def test_what_nobody_received_is_sent_again_once_and_nothing_else(tmp_path: Path) -> None:
    own = Receiver()
    try:
        with LocalGitHub(tmp_path, webhook_url="http://127.0.0.1:1/hook") as github:
            github.create_repository("acme", "lost")
            github.uninstall("acme")  # is told: to nobody
            github.hooks.wait()
            lost = {one["guid"] for one in github.deliveries()}
            assert lost and all(one["status_code"] == 502 for one in github.deliveries())

            github.webhook_url = own.url
            assert github.redeliver_unreceived() == len(lost)
            github.hooks.wait()
            assert {headers["X-GitHub-Delivery"] for headers, _ in own.received} == lost
            assert len(own.received) == len(lost)

            own.status = 401  # refused by who should know: sending it again would change nothing
            github.create_repository("other", "refused")
            github.uninstall("other")
            github.hooks.wait()
            assert len(own.received) > len(lost)
            assert github.redeliver_unreceived() == 0
    finally:
        own.server.shutdown()
        own.server.server_close()
