"""The REST endpoints: one module per subject, each with a `routes` constant that `application` collects."""
