"""What is done in a cell: a control, a maps generator, a method; and how it lands in its place."""
