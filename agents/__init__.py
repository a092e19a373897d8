"""The engine: constraints and the previous lock in, a proposal out. Knows nothing of GitHub, HTTP, queues or SQL."""
