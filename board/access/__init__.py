"""Users, roles, sessions and the members' signing keys."""
