"""What a model may write into extension points, and the rules that its texts must pass."""
