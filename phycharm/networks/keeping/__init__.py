"""Trainings kept on disk while they run, so that a kill costs minutes."""
