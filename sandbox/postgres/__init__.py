"""Real PostgreSQL servers with TLS."""
