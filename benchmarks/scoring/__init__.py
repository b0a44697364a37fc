"""From images to rows of scores: image metrics, tissues, maps, controls."""
