"""The page on a preprocessing: every scan to look at, worst first."""
