"""Sentences computed from a run: the verdict, the methods paragraph, captions."""
