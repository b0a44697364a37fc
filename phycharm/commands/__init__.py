"""The command line: one file a command; `app.py` says which there are."""
