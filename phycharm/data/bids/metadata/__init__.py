"""What stands beside an image: its sidecars, and the scanner that they tell of."""
