"""The rivals: one file each, registered as an outsider registers his own."""
