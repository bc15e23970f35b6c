"""The program's components: one folder for each cloud, and what they share."""
