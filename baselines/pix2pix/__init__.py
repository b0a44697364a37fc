"""Pix2Pix: a conditional adversarial network per direction (Isola 2017)."""
