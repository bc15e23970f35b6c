"""The simulated random provider."""
