"""The edge of the system: reads and writes files, Kafka, Redis and notification sinks."""
