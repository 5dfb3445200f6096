"""What the people who work on rockola run: the measure of sizes, and real services on this machine."""
