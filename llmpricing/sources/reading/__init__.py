"""What the parsers of several lists share: bounds, fields, match clauses, providers, timelines."""
