"""Frozen types of the engine; invariants only."""
