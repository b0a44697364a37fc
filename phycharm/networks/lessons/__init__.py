"""What networks learn in a step, told apart from who does it: one training, or many as one."""
