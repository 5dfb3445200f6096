"""Real Kafka, Valkey, Redis and a MongoDB-wire server on 127.0.0.1: one module each, with start, stop and kill."""
