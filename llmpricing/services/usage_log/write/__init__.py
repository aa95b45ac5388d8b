"""Writers of priced logs, one file format each."""
