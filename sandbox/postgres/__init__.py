"""Real PostgreSQL servers with TLS, each with an address and a host name."""
