"""What a name means: how the name that a caller sends finds its offering, with the rule that matched."""
