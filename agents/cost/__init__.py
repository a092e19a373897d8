"""Money: dated prices, priced bills of materials, the monthly estimate and its change."""
