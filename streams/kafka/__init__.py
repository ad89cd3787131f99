"""The brokers: who we are to them, the topics they hold, and a message that is there for sure."""
