"""Engines that price usage logs on many machines, by the file of a price book."""
