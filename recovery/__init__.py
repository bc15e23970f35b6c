"""Repairs a stack after a killed update: `python -m recovery --stack NAME`."""
