"""The segmenter `hmrf`: what FSL FAST computes, batched in torch."""
