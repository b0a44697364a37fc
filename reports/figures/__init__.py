"""The figures, one file each: every function takes a study and returns a matplotlib figure."""
