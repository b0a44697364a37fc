"""The rivals: a file or a folder each, registered as an outsider registers his own."""
