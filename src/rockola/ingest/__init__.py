"""Takes votes in: over HTTP at the gateway, over gRPC at the server, from there into the event log."""
