"""Private servers for whoever has none: a Kafka broker and a Redis store, each in its folder."""
