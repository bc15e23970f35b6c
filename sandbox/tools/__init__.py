"""What the sandbox runs and no package manager gives: built here from pinned versions."""
