"""What bills get wrong, as pure values: each mistake changes what was used or the prices, and gives another cost."""
