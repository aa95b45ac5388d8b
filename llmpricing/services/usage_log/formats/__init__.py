"""Usage files as the world's tools write them: recognised by their content, read record by record."""
