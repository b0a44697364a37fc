"""BIDS folders: names, files, sidecars, and the dataset they make."""
