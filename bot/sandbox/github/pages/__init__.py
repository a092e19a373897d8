"""Plain pages to read a repository and its pull requests, and to act on them as the local person."""
