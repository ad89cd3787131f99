"""The science: records in, tables, evidence and verdicts out; no clock, no dice, no network."""
