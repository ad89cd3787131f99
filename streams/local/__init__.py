"""Private servers, each in a folder of its own: a Kafka broker, a Redis store, an Alertmanager."""
