"""Terraform without its registry: a provider that knows schemas only, and the real `terraform` run against it."""
