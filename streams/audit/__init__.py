"""The audit log: a hash chain of reads and changes."""
