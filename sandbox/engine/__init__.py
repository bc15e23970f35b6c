"""Runs the Pulumi CLI with the sandbox's own home, backend, plugins and stack files."""
