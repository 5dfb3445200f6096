"""rockola counts the votes of a band contest live, each exactly once."""
