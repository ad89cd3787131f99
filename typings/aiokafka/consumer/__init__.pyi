"""The consumer of aiokafka; its fetcher is in a module of its own."""
