"""Everything mlwright needs around it on a laptop: Postgres, Redis and a local GitHub."""
