"""One module per command; the helper modules of a command start with its name."""
