"""What is known of datasets, as data: dataset files, those that are shipped, and how to find one."""
