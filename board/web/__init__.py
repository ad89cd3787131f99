"""The web process: pages, API, event stream and moves."""
