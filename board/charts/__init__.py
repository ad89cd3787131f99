"""Charts as SVG text, one chart a file; knows nothing of studies."""
