"""Sequential methods: rules that may stop early, with the error that they promise over all looks.

One method a file; `monitor/stats/__init__.py` lists them.  Boundaries are whole numbers of events
wherever the data are counts, and their error is computed exactly, by convolution over the counts
that have not crossed.
"""
