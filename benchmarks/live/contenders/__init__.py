"""The contenders: each is the program that an experienced user of its library would write."""
