"""Supervised CALAMITI: anatomy and contrast apart (Zuo 2021, Torbati 2023)."""
