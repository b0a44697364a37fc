"""Trained models at work on files and folders, and a look at the machine they work on."""
