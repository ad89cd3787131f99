"""The edge of the system: files, Kafka and Redis become records, and verdicts become rows."""
