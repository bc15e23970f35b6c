"""Programs that no package manager provides, built from pinned versions of their Go modules."""
