"""A results folder, read: scores, images, fits, and what is compared with what."""
