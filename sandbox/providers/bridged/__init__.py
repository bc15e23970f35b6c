"""What providers that were made from a Terraform provider have in common."""
