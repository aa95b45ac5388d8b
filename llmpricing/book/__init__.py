"""The immutable book: a price book at one version, as columns in a file that all processes map."""
