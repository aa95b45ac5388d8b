"""What we believe: from observations and decisions to published prices, with the guards that stop rows."""
