"""Coder by its Helm chart, with the checks before and after it."""
