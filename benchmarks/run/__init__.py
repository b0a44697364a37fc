"""A run: cells fitted and scored, each landing whole in the results folder."""
