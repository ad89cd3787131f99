"""Methods for many adverse event terms at once, beside `benjamini_hochberg` and `e_bh`."""
