"""Digital scanners: their protocols, and the way from tissue to image."""
