"""Whether a page can do nothing but what it was written for."""

import re
from html.parser import HTMLParser

from phycharm.reports.page.page import script_digest


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(html):
    parser = Elements()
    parser.feed(html)
    return parser.found


def harmless(html):
    """No script but those that the page's policy names, no handler, nothing loaded."""
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    for code in re.findall(r"<script>(.*?)</script>", html, re.DOTALL):
        assert script_digest(code) in policy.replace("&#39;", "'")
    for tag, attributes in elements(html):
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("src", "href", "action", "xlink:href"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/")), (tag, name, value[:80])
    return True
