"""A standing attack: hostile but well-formed feeds at a live worker, and what others notice."""
