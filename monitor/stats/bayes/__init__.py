"""Posterior probabilities of rates and risks under conjugate priors, and of blinded data."""
