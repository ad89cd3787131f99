"""The contenders: each the program that a good user of its library would write for the job."""
