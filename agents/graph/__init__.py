"""The fixed pipeline: twelve nodes in order, checkpointed per thread (DESIGN §2)."""
