"""The stand-in for pulumi-kubernetes: its rules and words, against a real API server."""
