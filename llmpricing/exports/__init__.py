"""Outward shapes, one a file: published prices laid over a list as it came, as bytes."""
