"""Liveness and readiness probes, and the HTTP listeners of a process."""
