"""A figure as the page shows it: the drawing, what to look for, how it was computed."""

from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from .style import to_svg


@dataclass(frozen=True, kw_only=True)
class CaptionedFigure:
    """One figure with its caption.

    Parameters
    ----------
    name : str
        Letters, digits and dashes; the name of the downloaded file.
    title : str
        What it shows; also read aloud in place of the drawing.
    look, how : str
        The two halves of the caption.
    svg : Markup
        The drawing; matplotlib has escaped every text in it.
    split, direction, measure : str
        What the page filters it by, empty where nothing.
    """

    name: str
    title: str
    look: str
    how: str
    svg: Markup
    split: str = ""
    direction: str = ""
    measure: str = ""


@dataclass(frozen=True, kw_only=True)
class Caption:
    """Title and caption of a figure before it is drawn."""

    name: str
    title: str
    look: str
    how: str
    split: str = ""
    direction: str = ""
    measure: str = ""


def captioned(figure: Figure | None, caption: Caption, *, prefix: str) -> list[CaptionedFigure]:
    """Turn a figure into a figure.

    Parameters
    ----------
    figure : Figure or None
        None where there was nothing to draw.
    caption : Caption
        Its words.
    prefix : str
        Goes before the name, so that identifiers of several runs on a page differ.

    Returns
    -------
    list of CaptionedFigure
        One, or none for no figure.
    """
    if figure is None:
        return []
    return [
        CaptionedFigure(
            name=caption.name,
            title=caption.title,
            look=caption.look,
            how=caption.how,
            svg=Markup(to_svg(figure, f"{prefix}-{caption.name}")),
            split=caption.split,
            direction=caption.direction,
            measure=caption.measure,
        )
    ]
