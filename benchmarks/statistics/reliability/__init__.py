"""What a study over scanners asks: do volumes agree, is the scanner gone, how many people."""
