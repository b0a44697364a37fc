"""Tools for single volumes: grids, crop, receive field, other programs."""
