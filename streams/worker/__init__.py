"""The process that folds: what it holds of the log, how it lives, and what it says of itself."""
