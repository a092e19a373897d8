"""Chapters of the architecture report: one module an agent, one function a sub-point of SPEC §5."""
