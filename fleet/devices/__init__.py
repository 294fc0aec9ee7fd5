"""Devices: identifiers, components, evidence, and the lifecycle table."""
