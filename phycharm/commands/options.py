"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Device = Literal["auto", "cpu", "cuda"]
Out = Annotated[Path, Parameter(name=["--out", "-o"])]
