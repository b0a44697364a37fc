"""Figures, tables and HTML, drawn from a results folder and nothing else."""
