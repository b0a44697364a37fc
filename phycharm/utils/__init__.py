"""What every room leans on: atomic files, JSON, progress, devices, seeds, one-line messages."""
