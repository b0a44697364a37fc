"""What is done to a dataset, stage by stage, each kept in a cache."""
