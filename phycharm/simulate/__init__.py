"""Digital travelling subjects: a simulated dataset on which the truth is known."""
