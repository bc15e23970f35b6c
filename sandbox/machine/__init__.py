"""The sandbox's namespaces, processes and network on this machine."""
