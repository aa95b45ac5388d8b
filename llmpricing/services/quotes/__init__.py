"""Quotes over the price book: offering, compiled prices and contract rates in, bill out."""
