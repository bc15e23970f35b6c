"""The Pulumi CLI with a home, a backend, plugins and stack files of the sandbox's own."""
