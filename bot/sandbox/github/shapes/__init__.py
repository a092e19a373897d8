"""GitHub's JSON, made from stored documents by pure functions: one module per subject."""
