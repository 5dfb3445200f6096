"""What people look at: live results, the log of votes, and their API."""
