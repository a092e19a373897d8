"""A GitHub of our own on real bare git repositories: REST, git over HTTP, webhooks and plain pages.

A tool for the demo and the tests; it listens on loopback. `server.LocalGitHub` is the way in.
"""
