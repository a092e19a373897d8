"""GitHub's events, one file each: payload in, messages out. Nothing here knows of HTTP, queues or clocks."""
