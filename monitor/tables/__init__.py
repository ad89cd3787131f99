"""Rate tables: counts of cases, rates, comparisons of arms, and the flow of subjects."""
