"""From the summary of a preprocessing to one HTML file that loads nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from phycharm.errors import InputError
from phycharm.utils.atomic import write_text
from phycharm.utils.json_file import read_object

from ..page.page import content_policy, script_digest, template
from .person_view import badness, person_views, scan_name

_SUMMARY = Path("derivatives") / "preprocessing" / "summary.json"
_FILE = "quality.html"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_REMEDY = "run `phycharm preprocess` again"


def write_quality_page(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the page on the quality of a preprocessing.

    Parameters
    ----------
    folder : str or Path
        Dataset that `phycharm preprocess` wrote.
    out : str or Path, optional
        The file to write; by default `quality.html` in it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the folder holds no summary of a preprocessing.
    """
    root = Path(folder)
    if not (root / _SUMMARY).is_file():
        raise InputError(f"{root}: no preprocessing ({_SUMMARY.as_posix()} is missing); {_REMEDY}.")
    summary = read_object(root / _SUMMARY, remedy=_REMEDY)
    script = (_TEMPLATES / "quality.js").read_text(encoding="utf-8")
    css = "\n".join(
        (_TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "quality.css")
    )
    html = template("quality.html").render(
        summary=summary,
        settings=_settings(summary["settings"]),
        rows=_rows(summary["scans"]),
        people=person_views(root, summary["scans"]),
        css=Markup(css),
        script=Markup(script),
        policy=content_policy([script_digest(script)]),
    )
    path = Path(out) if out is not None else root / _FILE
    write_text(path, html)
    return path


def _settings(settings: Mapping[str, Any]) -> str:
    return (
        f"{settings['size'].replace('x', ' × ')} voxels of {settings['voxel_size']:g} mm, "
        f"reference {settings['reference'] or 'chosen by itself'}, brain {settings['brain']}, "
        f"registration {settings['registration']} by {settings['engine']}"
        f"{', in mid-space' if settings['mid_space'] else ''}, bias {settings['bias']}"
    )


def _rows(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Write the numbers of all scans, the worst registration first and references last."""
    ordered = sorted(records, key=lambda one: (not badness(one)[0], badness(one)[1]))
    return [
        {
            "person": f"sub-{one['subject']}",
            "scan": scan_name(one),
            "brain": f"{one['volume_ml']:.0f}",
            "common": f"{one['common_ml']:.0f}",
            "correlation": _number(one["correlation"], 3),
            "dice": _number(one["dice"], 3),
            "rotation": _number(one["rotation"], 1),
            "shift": _number(one["shift"], 1),
            "attempts": str(one["attempts"]) if one["attempts"] else "reference",
            "seconds": f"{one['seconds']:.0f}",
        }
        for one in ordered
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
