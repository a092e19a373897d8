"""What GitHub should show, and the fewest calls that make it so (DESIGN §1.6)."""
