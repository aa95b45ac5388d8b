"""What it costs: which price applies to a quantity, and the bill of charges that a quote is."""
