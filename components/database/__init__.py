"""Coder's database and its roles in a PostgreSQL server."""
