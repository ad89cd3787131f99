"""The closed and the open report of one look: HTML, PDF, RTF and CSV."""
