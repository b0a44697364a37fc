"""What is to be run: the protocol, its split, the data under it, and the cells it falls into."""
