"""What moved between a reference and a run: a page, a JUnit file, a summary for CI."""
