"""From the views of runs to one HTML file that loads nothing."""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from .run_page import RunPage
from .side_by_side import SideBySide
from .viewer import pack

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SCRIPTS = (
    "filters.js", "tables.js", "subjects.js", "volumes.js", "viewer.js", "theme.js", "page.js",
)  # fmt: skip


def script_digest(source: str) -> str:
    """Return the hash of a script as a content security policy names it."""
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def render(runs: Sequence[RunPage], comparison: SideBySide | None, niivue: str | None) -> str:
    """Write the page.

    Nothing but the page's own scripts can run in it: its content security policy names them by
    hash and forbids every connection, so that no name in the data can do harm.

    Parameters
    ----------
    runs : sequence of RunPage
        In the order they are shown.
    comparison : SideBySide or None
        The runs beside each other, where there are several.
    niivue : str or None
        The viewer's library; None leaves the viewer out.

    Returns
    -------
    str
        HTML.
    """
    scripts = [_read(name) for name in _SCRIPTS]
    allowed = [script_digest(script) for script in scripts]
    if niivue is not None:
        allowed.append(script_digest(niivue))
    return template("report.html").render(
        runs=runs,
        comparison=comparison,
        css=Markup(_read("style.css")),
        scripts=[Markup(script) for script in scripts],
        policy=content_policy(allowed),
        niivue=None if niivue is None else _packed(niivue),
    )


@lru_cache(maxsize=1)
def _packed(script: str) -> str:
    """Compress the viewer's library once, however often the page is rendered."""
    return pack(script.encode("utf-8"))


def template(name: str) -> Template:
    """Open one of the templates; what is put into it is escaped, unless it says it is markup."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = script_json
    return environment.get_template(name)


def script_json(content: Any) -> Markup:
    """Write JSON that cannot end the script element it stands in.

    Parameters
    ----------
    content : Any
        What to write.

    Returns
    -------
    Markup
        JSON in which every character that HTML knows is an escape of JSON.
    """
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def content_policy(scripts: Sequence[str]) -> str:
    """Return the content security policy that lets these scripts run, and nothing else happen.

    Parameters
    ----------
    scripts : sequence of str
        Their hashes, by `script_digest`.
    """
    hashes = " ".join(f"'{digest}'" for digest in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
