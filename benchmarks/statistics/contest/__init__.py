"""A fair contest: what counts, on what everybody has, and who is shown ahead."""
