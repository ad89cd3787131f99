"""Delivers alerts: assigns partitions to deliverers, and sends due notifications by route."""
