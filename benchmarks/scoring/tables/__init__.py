"""Tables of scores: their columns, how cells write them, how a run joins them."""
