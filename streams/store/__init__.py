"""Where a study's projection is kept; every store answers alike."""
