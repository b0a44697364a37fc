"""The figures, one file each: every function takes the view of a run and gives a figure."""
