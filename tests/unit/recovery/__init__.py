"""`python -m recovery` with fake CLIs."""
