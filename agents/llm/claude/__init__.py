"""Claude behind the provider port; the only door to Anthropic's SDK."""
