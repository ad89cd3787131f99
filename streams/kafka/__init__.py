"""Kafka brokers: topics, access control, partitioning and confirmed sends."""
