"""From a fetched price list to stored observations: checks, differences, recognition, seeding."""
