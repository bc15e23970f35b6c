"""The framework of the simulated providers."""
