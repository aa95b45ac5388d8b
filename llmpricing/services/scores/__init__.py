"""Scores of benchmarks: read in, kept, and set against prices."""
