"""The requests of aiokafka."""
