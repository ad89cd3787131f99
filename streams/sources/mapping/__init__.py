"""The mapping language: a TOML file that says which column of a listing is which field."""
