"""One Messages API server for the folder."""

from tests.claude.conftest import claude, running_server

__all__ = ["claude", "running_server"]
