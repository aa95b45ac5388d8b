"""What was used: the usage objects of the providers, read as quantities of our meters."""
