"""Logs summed once, priced at other times and at other sellers."""
