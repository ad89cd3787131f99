"""Kills the intake, the broker and the worker while records are sent over HTTP."""
