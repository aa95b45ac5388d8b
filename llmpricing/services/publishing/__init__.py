"""Stores what `domain.publishing` makes of an offering's observations and decisions."""
