"""The long statistical tier: run by ``make verify``, re-judged by ``make test``."""
