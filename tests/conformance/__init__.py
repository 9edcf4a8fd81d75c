"""Suites that hold an implementation to its protocol; import them to test your own."""
