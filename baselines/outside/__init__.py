"""Images made elsewhere, and programs that make them."""
