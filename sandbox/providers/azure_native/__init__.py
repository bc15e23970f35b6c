"""The simulated azure-native provider: a subscription with AKS clusters, and flexible servers."""
