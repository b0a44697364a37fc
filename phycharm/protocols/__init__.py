"""Versioned benchmark protocols (TOML)."""
