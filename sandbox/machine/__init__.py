"""The Linux namespaces, processes and network of the sandbox."""
