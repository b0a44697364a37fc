"""One look for all figures, and ways to write them down."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phycharm.utils.atomic import atomic_file
from phycharm.utils.notebook_figure import NotebookFigure

# Stand-ins that the page turns into its own colours, so that a figure follows dark mode.
INK, RULE, PAPER = "#17191c", "#d5d7da", "#fefefd"
_PAGE_COLOURS = {INK: "currentColor", RULE: "var(--rule)", PAPER: "var(--paper)"}
_PIXELS_PER_INCH = 112
_LONG = re.compile(r"-?\d+\.\d{3,}")
_RC: Any = {
    "axes.edgecolor": RULE,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    # Nothing stands above our axes that a title had to give way to, and looking takes long.
    "axes.titley": 1.0,
    "axes.unicode_minus": True,
    "figure.dpi": 100,
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "text.color": INK,
    # Names are data: a dollar sign in one is a dollar sign.
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "xtick.major.size": 0,
    "ytick.color": INK,
    "ytick.labelsize": 8,
    "ytick.major.size": 0,
}


@contextmanager
def house_style(name: str = "") -> Iterator[None]:
    """Draw and save inside this: settings of matplotlib for our figures.

    Parameters
    ----------
    name : str
        Makes identifiers inside an SVG unique to the figure, and the same every time.
    """
    with mpl.rc_context(_RC | {"svg.hashsalt": name or "figure"}), warnings.catch_warnings():
        # A name in a script that the default font lacks is drawn as boxes, not refused.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        # Names too long for their panels leave a crowded figure, and that is no reason to stop.
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        yield


def new_figure(
    width: float, height: float, *, layout: Literal["constrained"] | None = "constrained"
) -> Figure:
    """Return an empty figure of a size in inches, which no window will ever show."""
    return NotebookFigure(figsize=(width, height), layout=layout)


def inch_axes(figure: Figure) -> Axes:
    """Return axes over the whole figure whose coordinates are inches from its upper left corner."""
    width, height = figure.get_size_inches()
    axes: Axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return axes


def bare(axes: Axes) -> None:
    """Thumbnails axes to what is drawn in them, for images."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def to_svg(figure: Figure, name: str) -> str:
    """Return a figure as an SVG element for the page.

    Text stays text, ink follows the page's colours, and identifiers are unique to `name`.

    Parameters
    ----------
    figure : Figure
        Drawn within `house_style`.
    name : str
        Letters, digits and dashes.
    """
    buffer = io.StringIO()
    with house_style(name):
        _settle(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # matplotlib numbers its groups alike in every figure; only those we named are of use.
    svg = re.sub(r' id="(?!hit-)[A-Za-z.]+_\d+"', "", svg)
    svg = re.sub(r' id="hit-(\d+)-[^"]*"', r' class="hit" data-subject="\1"', svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = _slim(svg)
    width = round(figure.get_figwidth() * _PIXELS_PER_INCH)
    svg = re.sub(
        r'^<svg[^>]*?(viewBox="[^"]*")[^>]*>',
        rf'<svg \1 style="max-width:{width}px;font-family:sans-serif">',
        svg,
    )
    for stand_in, colour in _PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return re.sub(r"\n\s*", "\n", svg)


def _slim(svg: str) -> str:
    """Drop what only makes a figure larger: one font for all its text, hundredths of a point."""
    svg = re.sub(r" ?font-family: [^;\"]*;", "", svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    return re.sub(r'(?<= d=")[^"]*', lambda path: _LONG.sub(_hundredths, path.group()), svg)


def _hundredths(number: re.Match[str]) -> str:
    return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")


def _settle(figure: Figure) -> None:
    """Lay a figure out once; otherwise every saving does it twice, and that costs the most."""
    engine = figure.get_layout_engine()
    if engine is not None:
        for axes in figure.axes:
            _spare(axes)
        engine.execute(figure)
        figure.set_layout_engine(None)


def _spare(axes: Axes) -> None:
    """Have nothing measured that takes no room: most of a layout is spent on that."""
    for axis, place in ((axes.xaxis, (0.5, 0.0)), (axes.yaxis, (0.0, 0.5))):
        if not axis.get_label_text():
            axis.set_label_coords(*place)
    for spine in axes.spines.values():
        spine.set_in_layout(False)


def write_figure(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PDF, SVG and PNG (300 dpi).

    Parameters
    ----------
    figure : Figure
        Drawn within `house_style`.
    stem : Path
        Path of the files without their suffix.

    Returns
    -------
    list of Path
        The files written.
    """
    paths = []
    with house_style(stem.name):
        _settle(figure)
    for suffix, metadata in (
        (".pdf", {"CreationDate": None}),
        (".svg", {"Date": None}),
        (".png", {}),
    ):
        path = stem.with_name(stem.name + suffix)
        with house_style(stem.name), atomic_file(path) as temporary:
            figure.savefig(temporary, dpi=300, metadata=metadata, facecolor="white")
        paths.append(path)
    return paths
