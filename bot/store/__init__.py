"""The ledger and the work in flight, in Postgres: tables, jobs, deliveries, artifacts, checkpoints,
migrations."""
