"""Everything at once: the program, the engine, Kubernetes, Helm and PostgreSQL."""
