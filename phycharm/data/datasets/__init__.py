"""What is known of datasets, as data: dataset files, shipped ones, and rules for the others."""
