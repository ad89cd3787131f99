"""Finds what is wrong with a deployment, and the command that repairs it."""
