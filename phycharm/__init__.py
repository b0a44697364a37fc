"""PhyCHarm and its rivals: MRI harmonization between scanners, and the harness that judges it.

The names that most people need; each is imported on first use, so that this import takes no torch.
"""

import lazy_loader

# What is offered, and where it lies, stands in __init__.pyi, which editors and mypy read too.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
