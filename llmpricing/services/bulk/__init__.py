"""Usage logs of any size, priced with Arrow and NumPy: the optional part of the installation that needs them."""
