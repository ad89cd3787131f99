"""Evidence at one look: active watches, their e-values, verdicts and summaries."""
