"""The contest's own words and rules: values, codecs and verdicts, with no input or output."""
