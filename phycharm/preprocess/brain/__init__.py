"""Where the brain is in a head: engines from the built-in one to any program."""
