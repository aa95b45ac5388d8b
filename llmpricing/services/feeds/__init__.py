"""The price book in the shapes that other programs read."""
