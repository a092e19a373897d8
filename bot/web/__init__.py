"""HTTP: webhooks in on one port; API, streams and pages on another that only this machine can reach."""
