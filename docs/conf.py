"""How Sphinx builds the site: `nox -s docs`."""

import re
from importlib import metadata
from pathlib import Path

import matplotlib
from sphinx.errors import ExtensionError

# Before an example imports pyplot: there is no window to draw in.
matplotlib.use("agg")

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "PhyCHarm benchmark"
author = "The PhyCHarm benchmark authors"
copyright = author  # no year: the licence has it
release = metadata.version("phycharm")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["gallery/*.ipynb", "gallery/*.py"]
templates_path = ["_templates"]
# Docstrings write `name` for code.
default_role = "code"
highlight_language = "none"
# A broken link within the site is a warning, and the session turns warnings into errors.
nitpicky = True
# Other projects' names lead nowhere: the site is built and read without a network.
nitpick_ignore_regex = [("py:.*", r"(?!phycharm\.).*"), ("py:.*", r"phycharm\..*\._.*")]

# --- Markdown ------------------------------------------------------------------------------------

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# --- the reference -------------------------------------------------------------------------------

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
# Every object stands once, where it is defined, and not again where a package offers it.
autodoc_default_options = {
    "members": True,
    "show-inheritance": True,
    "ignore-module-all": True,
    # matplotlib writes this method into every subclass of its figures, in a markup of its own.
    "exclude-members": "set",
}
python_maximum_signature_line_length = 80
add_module_names = False
napoleon_google_docstring = False
napoleon_use_rtype = False
# As fields, the words of "Tensor, shape (X, Y, Z)" would be looked up, and `shape` found somewhere.
napoleon_use_param = False

# --- the pages that run --------------------------------------------------------------------------

# It looks at the whole path, and a checkout may lie in a folder with a space in its name; that no
# example has one in its own, a test holds.
suppress_warnings = ["sphinx_gallery.space_in_filename"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "plot_gallery": True,
    "write_computation_times": False,
}

# --- the look: Furo brings no fonts and no scripts from elsewhere, and a dark side ---------------

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}


# --- README, CONTRIBUTING and CHANGELOG lie above this folder and are pages here too -------------

PAGES_ABOVE = {"README.md": "index", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
_INCLUDE = re.compile(r"^```\{include\} \.\./(\w+\.md)\n```\n", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def _moved(match: re.Match[str]) -> str:
    """Turn a link of a page above into one of a page here."""
    target, anchor = match[1], match[2] or ""
    if target in PAGES_ABOVE:
        return f"]({PAGES_ABOVE[target]}.md{anchor})"
    if target.startswith("docs/"):
        return f"]({target.removeprefix('docs/')}{anchor})"
    return f"](../{target}{anchor})"


def include_pages_above(app, docname, source):
    """Put a page above in the place of its include, with its links turned."""

    def page(match):
        path = ROOT / match[1]
        app.env.note_included(str(path))
        app.env.note_dependency(str(path))
        return _LINK.sub(_moved, path.read_text(encoding="utf-8"))

    source[0] = _INCLUDE.sub(page, source[0])


_ARRAY = re.compile(
    r"~?numpy\.ndarray\[~?tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[~?numpy\.(\w+)\]\]"
)


def shorten_arrays(app, what, name, obj, options, signature, returns):
    """Print an array's type as people say it."""

    def short(text):
        return text and _ARRAY.sub(r"NDArray[\1]", text)

    return short(signature), short(returns)


_FROM_ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^>]*>"""
    r"""|@import[^;]*//|url\(["']?(?:https?:)?//"""
)


def require_offline(app, exception):
    """Refuse a page or a style that would load anything from the network."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*")):
        if path.suffix in (".html", ".css"):
            found = _FROM_ELSEWHERE.search(path.read_text(encoding="utf-8"))
            if found:
                raise ExtensionError(f"{path}: loads from the network: {found[0]}")


def setup(app):
    """Connect the above."""
    app.connect("source-read", include_pages_above)
    app.connect("autodoc-process-signature", shorten_arrays)
    app.connect("build-finished", require_offline)
