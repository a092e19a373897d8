"""What a table says about itself: figures to types, parts, personal data, leaks, and the `data` section they fill."""
