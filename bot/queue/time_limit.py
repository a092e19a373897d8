"""The time limit that RQ puts on a ring. It strikes as an exception in the main thread, wherever that is
at the moment."""

from rq.timeouts import BaseTimeoutException as TimeLimit

__all__ = ["TimeLimit"]
