"""Who is notified of which revision, blinded how."""
