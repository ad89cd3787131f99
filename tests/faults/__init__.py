"""The fault campaign: faults injected into a real Kafka, a real Redis and real workers."""
