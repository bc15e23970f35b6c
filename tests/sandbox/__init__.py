"""Whole deployments: the program, the engine, Kubernetes, Helm and PostgreSQL."""
