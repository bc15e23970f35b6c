"""The simulated AWS provider: an account with an EKS cluster, and RDS on real servers."""
