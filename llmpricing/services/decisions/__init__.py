"""What people decide: reviews, pins, trust, contract rates, aliases, exchange rates; each is audited."""
