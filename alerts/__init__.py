"""Alerts: state machine, reporting clocks, register and notification.  Pure: no I/O."""
