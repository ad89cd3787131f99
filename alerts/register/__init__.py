"""Every alert of a study, its history and reviews."""
