"""Readers of usage logs, one file format each: batches of columns out."""
