"""What a dataset is understood as, before anything is computed."""
