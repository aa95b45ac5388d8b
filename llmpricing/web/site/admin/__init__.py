"""The pages of those who keep the price book right, by the same services as the command line."""
