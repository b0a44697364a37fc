"""Figures of reliability: volumes over scanners, scanners told, losses recovered."""
