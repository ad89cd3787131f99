"""One look: which watches run, their e-values, verdicts and summaries."""
