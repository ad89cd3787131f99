"""The formats of records of aiokafka."""
