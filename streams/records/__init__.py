"""Wire format of the records of the log, and their signatures."""
