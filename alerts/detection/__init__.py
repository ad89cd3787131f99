"""Single-case rules and data findings: alerts that need no statistical evidence."""
