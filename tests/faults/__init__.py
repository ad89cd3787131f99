"""The fault campaign: real Kafka, real Redis, real workers, and everything that breaks them."""
