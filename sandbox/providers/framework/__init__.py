"""What every simulated provider is made of, on the Pulumi SDK's own provider class."""
