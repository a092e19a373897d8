"""GitHub over HTTP, the adapter of `bot/ports/github.py`. Import it late: githubkit takes a second."""
