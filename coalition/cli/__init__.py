"""The `coalition` command, and the composition root: here rooms meet settings, keys and databases."""
