"""What the workflows of `.github/workflows/` do, as commands: `python -m ci --help`."""
