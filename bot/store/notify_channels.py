"""Names of the two NOTIFY channels, without any driver: the web process and the worker use different ones."""

WORK_CHANNEL = "mlwright_work"
EVENTS_CHANNEL = "mlwright_events"
