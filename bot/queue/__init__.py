"""RQ as a bell: wake-ups carry references only, the work itself is in Postgres (RELIABILITY §0.1)."""
