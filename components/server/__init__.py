"""What every managed PostgreSQL server has in common; it imports no cloud SDK."""
