"""The page in a real browser: Debian's chromium, driven by playwright."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
PATIENCE_MS = 240_000
needed = "CI" in os.environ
if not needed:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not needed, reason="chromium is not installed: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "CI has to install chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS
        )
        yield browser
        browser.close()


class Visit:
    """An open page that remembers what went wrong and what was asked for."""

    def __init__(self, browser, path: Path, **options):
        view = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce"}
        self.context = browser.new_context(**{**view, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.problems, self.requests = [], []
        self.page.on(
            "console", lambda m: m.type in ("error", "warning") and self.problems.append(m.text)
        )
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.resolve().as_uri())

    def leave(self):
        outside = [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]
        self.context.close()
        assert outside == []
        assert self.problems == []
        assert sum(url.startswith("file:") for url in self.requests) == 1


@pytest.fixture
def visit(browser, page):
    visit = Visit(browser, page)
    yield visit.page
    visit.leave()


def leaderboard(page):
    """Visible methods, top to bottom."""
    rows = page.locator(".leaderboard tbody:not([hidden]) tr")
    return [
        rows.nth(i).locator("td").nth(1).inner_text().split("\n")[0] for i in range(rows.count())
    ]


def test_the_leaderboard_sorts_both_ways(visit):
    before = leaderboard(visit)
    head = visit.locator(".leaderboard th", has_text="SSIM ↑").first
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    up = leaderboard(visit)
    head.locator("button").focus()
    visit.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert leaderboard(visit) == up[::-1]
    assert sorted(up) == sorted(before) == ["No harmonization", "PhyCHarm", "U-Net"]
    assert up[0] == "No harmonization"


def test_filters_choose_direction_split_and_metric(visit):
    def mean():
        return (
            visit.locator(".leaderboard tbody:not([hidden]) tr")
            .first.locator("td")
            .nth(4)
            .inner_text()
        )

    everywhere = mean()
    visit.select_option("[name=direction]", "GE → Siemens")
    assert mean() != everywhere
    pictures = visit.locator("#r0-images figure:not([hidden]) h3")
    assert pictures.count() == 1
    assert pictures.inner_text().startswith("GE → Siemens")
    visit.select_option("[name=direction]", "")
    assert pictures.count() == 2
    visit.select_option("[name=measure]", "dice/GM")
    assert (
        "Dice GM" in visit.locator("#r0-directions .block:not([hidden]) caption").first.inner_text()
    )
    assert visit.locator(".leaderboard th:not([hidden])", has_text="Rank in Dice GM").count() == 1
    assert visit.locator(".leaderboard th:not([hidden])", has_text="Rank in SSIM").count() == 0
    visit.select_option("[name=split]", "validation")
    assert (
        "validation"
        in visit.locator("#r0-directions .block:not([hidden]) caption").first.inner_text()
    )
    visit.select_option("[name=direction]", "GE → Siemens")
    assert visit.get_by_text("No leaderboard for this choice.").is_visible()


def test_a_subject_opens_by_row_and_by_line_and_closes_by_key(visit):
    dialog = visit.locator("#subject")
    visit.locator("[data-subjects] [data-open-subject='07']").click()
    assert dialog.is_visible()
    assert visit.locator("#subject-title").inner_text() == "Subject 07"
    assert visit.locator("#subject-body table").count() > 3
    image = visit.locator("#subject-body img").first
    image.scroll_into_view_if_needed()
    visit.wait_for_function("document.querySelector('#subject-body img').naturalWidth > 50")
    visit.keyboard.press("Escape")
    assert not dialog.is_visible()
    line = visit.locator("#r0-subjects figure:not([hidden]) .hit").nth(1)
    line.dispatch_event("click")
    assert visit.locator("#subject-title").inner_text() == "Subject 06"


def test_files_come_out_of_the_page(visit, tmp_path):
    with visit.expect_download() as caught:
        visit.locator("[data-download]").first.click()
    caught.value.save_as(tmp_path / "scores.csv")
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert lines[0].startswith("protocol,protocol_version,split,fold,source,target,subject")
    assert len(lines) > 500
    tools = visit.locator("#r0-leaderboard .tools")
    for kind, start in (("CSV", "Place,Method"), ("LaTeX", r"\begin{table}")):
        with visit.expect_download() as caught:
            tools.get_by_text(kind).click()
        caught.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_text().startswith(start)
    with visit.expect_download() as caught:
        visit.locator("#r0-subjects figure:not([hidden]) [data-svg]").click()
    caught.value.save_as(tmp_path / "figure.svg")
    svg = (tmp_path / "figure.svg").read_text()
    assert svg.startswith("<svg")
    assert "currentColor" not in svg
    assert "var(--" not in svg


def test_dark_and_light(browser, page):
    for theme in ("dark", "light"):
        visit = Visit(browser, page, color_scheme=theme)
        background = "getComputedStyle(document.body).backgroundColor"
        first = visit.page.evaluate(background)
        channels = [int(part) for part in first[4:-1].split(",")]
        assert (sum(channels) < 150) == (theme == "dark")
        visit.page.locator("#theme").click()
        assert visit.page.evaluate(background) != first
        visit.leave()


@pytest.mark.parametrize("width", [1400, 420])
def test_nothing_sticks_out(browser, page, width):
    visit = Visit(browser, page, viewport={"width": width, "height": 900})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    # The navigation stays at hand, and does not hide the headline it leads to.
    visit.page.locator(".bar nav a", has_text="Statistics").click()
    bar = visit.page.locator(".bar").bounding_box()
    head = visit.page.locator("#r0-statistics h2").bounding_box()
    assert bar["y"] == pytest.approx(0, abs=1)
    assert head["y"] >= bar["height"] - 1
    visit.leave()


PIXELS = """
() => {
  const { viewer } = openedViewer.panes.get("error");
  viewer.drawScene();
  const { gl } = viewer;
  const pixels = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
  const size = [gl.drawingBufferWidth, gl.drawingBufferHeight];
  gl.readPixels(0, 0, ...size, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let warm = 0, cold = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    warm += pixels[i] > pixels[i + 2] + 40;
    cold += pixels[i + 2] > pixels[i] + 40;
  }
  return [warm, cold];
}
"""


def test_the_viewer_shows_the_signed_error(browser, page):
    # One small pane: without a graphics card every pixel costs.
    visit = Visit(browser, page, viewport={"width": 420, "height": 500})
    for kind in ("source", "harmonized", "target"):
        visit.page.uncheck(f"[data-pane={kind}]")
    visit.page.click("[data-open-viewer]")
    visit.page.wait_for_selector("[data-ready=true]")
    harmonized = visit.page.evaluate(PIXELS)
    assert sum(harmonized) > 0
    # NiiVue sizes its canvas itself: left alone it grew far beyond the screen.
    assert 100 < visit.page.locator(".pane canvas").bounding_box()["height"] < 300
    entry = visit.page.evaluate("openedViewer.entry.shape")
    assert all(edge > 8 for edge in entry)
    # Doing nothing errs more than the method does: the picture has to change with the choice.
    visit.page.locator("[data-viewer] select").nth(2).select_option("none")
    visit.page.wait_for_timeout(1000)
    assert sum(visit.page.evaluate(PIXELS)) > sum(harmonized)
    slider = visit.page.locator("[data-viewer] input[type=range]")
    slider.fill("300")
    position = visit.page.evaluate("openedViewer.panes.get('error').viewer.scene.crosshairPos[2]")
    assert position == pytest.approx(0.3, abs=0.01)
    visit.leave()


def test_without_webgl_pictures_take_the_viewers_place(browser, page):
    visit = Visit(browser, page)
    visit.page.evaluate("HTMLCanvasElement.prototype.getContext = () => null")
    visit.page.click("[data-open-viewer]")
    assert visit.page.get_by_text("This browser has no WebGL").is_visible()
    assert visit.page.locator("[data-viewer] img").count() == 2
    visit.leave()


def test_hostile_names_run_nothing(browser, hostile_page):
    visit = Visit(browser, hostile_page)
    opener = visit.page.locator("[data-subjects] [data-open-subject]")
    for index in range(opener.count()):
        opener.nth(index).click()
        visit.page.keyboard.press("Escape")
    assert visit.page.evaluate("window.pwned === undefined")
    assert visit.page.locator("img[src=x]").count() == 0
    visit.leave()
