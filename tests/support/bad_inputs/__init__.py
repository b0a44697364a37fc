"""Inputs that are refused: how each is made, the command, and the line that is expected."""
