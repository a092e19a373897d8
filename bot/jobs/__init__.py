"""What is done with each message, one file a kind."""
