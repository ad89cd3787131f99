"""Who read or changed what: a hash chain."""
