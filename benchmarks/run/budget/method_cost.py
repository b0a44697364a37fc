"""What the cells of one method take."""

from dataclasses import dataclass

from phycharm.utils.progress import span_text

from .tried_cell import TriedCell


@dataclass(frozen=True, kw_only=True)
class MethodCost:
    """What the cells of one method take.

    Parameters
    ----------
    harmonizer : str
        Whose; `maps` for maps generators.
    cells : int
        How many are to be done.
    tried : TriedCell or None
        One of them; None where nobody can tell.
    unknown : str
        Why nobody can.
    """

    harmonizer: str
    cells: int
    tried: TriedCell | None
    unknown: str = "it is not ours"

    @property
    def seconds(self) -> float | None:
        """All cells, one after the other; None where nobody can tell."""
        return None if self.tried is None else self.cells * self.tried.seconds

    def text(self) -> str:
        """Say it in a line."""
        cells = "1 cell" if self.cells == 1 else f"{self.cells} cells"
        if self.tried is None:
            return f"{self.harmonizer}: {cells}, not tried: {self.unknown}"
        together = self.tried.together
        stack = f", {together} fitted as one" if together > 1 else ""
        return f"{self.harmonizer}: {cells}, {span_text(self.tried.seconds)} each{stack}"
