"""What comes from elsewhere: names, TOML, text for a terminal, work that may never end."""
