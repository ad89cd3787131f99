"""View models: what a page shows, computed from a study; one behind HTML, CSV and JSON."""
