"""What is worth an alert besides evidence."""
