"""What is wrong, and the command that repairs it."""
