"""The twelve node bodies. Each is `(state, engine) -> update`; what runs after what is `agents/graph/build.py`."""
