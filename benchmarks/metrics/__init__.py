"""Image metrics: pure functions on tensors or arrays, and a catalogue of what they mean.

Names are imported on first use: the functions need torch, the catalogue does not.
"""

import lazy_loader

# What is offered, and where it lies, stands in __init__.pyi, which editors and mypy read too.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
