"""Probes, and the sockets that serve pages."""
