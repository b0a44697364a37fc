"""The HTML page: its parts, and everything that it carries within itself."""
