"""What several tests use: small data made here, methods of outsiders, references."""
