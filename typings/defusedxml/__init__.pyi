"""The parts of defusedxml that Tocsin uses."""
