"""What the shell needs from outside, as protocols; adapters are built in `bot/bootstrap.py` only."""
