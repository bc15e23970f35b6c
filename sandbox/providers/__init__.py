"""Simulated Pulumi providers."""
