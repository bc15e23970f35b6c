"""Resource plugins that stand in for the published ones."""
