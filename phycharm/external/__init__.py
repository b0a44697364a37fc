"""The door for everybody else's methods: classes, installed packages, folders and programs."""

from .create import (
    accepted_settings,
    can_be_saved,
    create_harmonizer,
    create_harmonizers,
    load_harmonizer,
)
from .failure import HarmonizerFailed

__all__ = [
    "HarmonizerFailed",
    "accepted_settings",
    "can_be_saved",
    "create_harmonizer",
    "create_harmonizers",
    "load_harmonizer",
]
