"""People, scans and scanners, and how they are read from a BIDS dataset."""
