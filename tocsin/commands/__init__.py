"""One file per command, its parts prefixed with its name."""
