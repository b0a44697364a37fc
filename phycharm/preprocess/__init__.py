"""Raw heads in, brains on common grids out: the stages before a benchmark."""

from .preprocess_settings import PreprocessSettings
from .run import PreprocessResult, preprocess_dataset

__all__ = ["PreprocessResult", "PreprocessSettings", "preprocess_dataset"]
