"""Reads CDISC ODM 1.3.2: each item group with data becomes a row, its items the cells."""
