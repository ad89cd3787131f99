"""Rules that turn the rows of a study into records, the same for every format."""
