"""The stand-in for pulumi-aws: an account with an EKS cluster, and RDS on real servers."""
