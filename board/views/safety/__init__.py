"""The tables of a safety report: FDA's standard safety tables, DSUR, deaths, aggregate analysis."""
