"""How good a model is by published scores, and what that costs: benchmarks, files of scores, quality against price."""
