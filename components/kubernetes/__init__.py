"""The kubeconfig, Jobs and scheduling."""
