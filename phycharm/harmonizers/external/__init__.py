"""From a name or a folder to a harmonizer: ours, classes, installed packages, folders, programs."""

from .create import accepted_settings, create_harmonizer, create_harmonizers
from .failure import HarmonizerFailed
from .guard import outsider_at_work
from .load import can_be_saved, load_harmonizer
from .spec import spec_of

__all__ = [
    "HarmonizerFailed",
    "accepted_settings",
    "can_be_saved",
    "create_harmonizer",
    "create_harmonizers",
    "load_harmonizer",
    "outsider_at_work",
    "spec_of",
]
