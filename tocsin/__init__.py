"""The command line; importing this package loads no command."""
