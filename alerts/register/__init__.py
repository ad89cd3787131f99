"""All alerts of a study, their histories and the reviews of them."""
