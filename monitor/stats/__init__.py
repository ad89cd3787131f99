"""One statistical method a file: its claim, its paper and an example that runs."""
