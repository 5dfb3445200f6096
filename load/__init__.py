"""Traffic by Locust: votes from files, every promise of a door remembered, and each asked for at the end."""
