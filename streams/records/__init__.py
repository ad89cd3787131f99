"""Wire format and signatures."""
