"""Turns the plan of `pulumi preview --json` into a comment for the reviewer of a change."""
