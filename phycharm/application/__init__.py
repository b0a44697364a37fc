"""Trained models at work on files and folders."""
