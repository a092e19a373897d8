"""What asyncpg raises when the server goes away."""

import asyncpg

CUT_OFF = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""A server that ends between two messages leaves asyncpg's protocol half way through an operation: it then raises
InternalClientError ("another operation is in progress"), which is neither a PostgresError nor an InterfaceError.
"""
