"""The shell around the engine: HTTP, queue, GitHub, Postgres, command line."""
