"""Organisations that share the service, and their sites."""
