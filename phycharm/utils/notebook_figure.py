"""Figures that notebooks show as pictures."""

import base64
import io
import warnings
from html import escape

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A matplotlib figure that is shown where it ends a cell, although pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # A name in a script that the default font lacks is drawn as boxes, not refused.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing", category=UserWarning)
            self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()

    def inline_picture(self, alt: str) -> str:
        """Return the figure as an HTML image that needs no file beside it.

        Parameters
        ----------
        alt : str
            What it shows, for who does not see it; escaped.
        """
        data = base64.b64encode(self._repr_png_()).decode("ascii")
        return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
