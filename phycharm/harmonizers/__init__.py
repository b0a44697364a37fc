"""The interface behind which every method stands: its base classes, card, storage and registry."""
