"""The parts of a run's page, in reading order."""

from collections.abc import Collection
from dataclasses import dataclass, field

from ..figures.captioned_figure import CaptionedFigure, captioned
from ..figures.case_training import case_training_plot
from ..figures.heatmap import heat_map
from ..figures.histograms import histogram_plot
from ..figures.maps import maps_picture
from ..figures.masks import mask_picture
from ..figures.paired import paired_plot
from ..figures.pictures import picture
from ..figures.ranks import rank_diagram
from ..figures.reliability.accuracy_dots import accuracy_dots
from ..figures.reliability.loss_scatter import loss_scatter
from ..figures.reliability.volume_dots import volume_dots
from ..figures.training import training_plot
from ..figures.volumes import bland_altman, volume_bars
from ..run.run_view import RunView
from ..run.slices import compare_images, median_subject
from ..tables.acquisition_table import acquisition_table
from ..tables.apart.common_domain import common_domain_table
from ..tables.convergence_table import convergence_table
from ..tables.direction_tables import direction_tables
from ..tables.map_tables import map_source_table
from ..tables.metric_checks import trust_tables
from ..tables.paper_tables import paper_tables
from ..tables.people_table import people_table
from ..tables.reliability.accuracy_table import accuracy_tables
from ..tables.reliability.recovery_table import recovery_tables
from ..tables.reliability.travellers_table import travellers_table
from ..tables.reliability.volume_tables import limits_tables, volume_tables
from ..tables.statistics_tables import ceiling_table, comparison_tables, mean_ranks
from ..tables.table import Table
from ..tables.variant_tables import variant_tables
from ..text import captions, reliability_captions

SECTIONS = (
    "common-domain", "directions", "subjects", "images", "histograms", "tissues", "reliability",
    "maps", "training", "statistics",
)  # fmt: skip
"""Anchors of all parts, in reading order."""

MOST_PICTURES = 12
_MEASURES_OF_OTHERS = 2


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a run's page.

    Parameters
    ----------
    id : str
        Anchor, without the run's prefix.
    title, nav : str
        Heading, and its short form in the navigation.
    intro : str
        One or two sentences that say what the part answers.
    tables, figures : list
        What it shows; the page's filters choose among them.
    """

    id: str
    title: str
    nav: str
    intro: str
    tables: list[Table] = field(default_factory=list)
    figures: list[CaptionedFigure] = field(default_factory=list)


def make_sections(view: RunView, prefix: str, *, only: Collection[str] = ()) -> list[Section]:
    """Build every part that this run has something for.

    Parameters
    ----------
    view : RunView
        The run.
    prefix : str
        Identifier of the run within the page.
    only : collection of str
        Those of `SECTIONS` that are wanted; all by default.

    Returns
    -------
    list of Section
        Parts without tables and figures are left out.
    """
    makers = {
        "common-domain": _common_domain,
        "directions": _directions,
        "subjects": _subjects,
        "images": _images,
        "histograms": _histograms,
        "tissues": _tissues,
        "reliability": _reliability,
        "maps": _maps,
        "training": _training,
        "statistics": _tests,
    }
    sections = [makers[name](view, prefix) for name in SECTIONS if name in (only or SECTIONS)]
    return [s for s in sections if s.tables or s.figures]


def _common_domain(view: RunView, prefix: str) -> Section:
    tables = [common_domain_table(view, split) for split in view.splits]
    return Section(
        id="common-domain",
        title="Methods to a common domain",
        nav="Common domain",
        intro="Compared among themselves: what they kept of the source, and tissues against the "
        "truth. Likeness of two images to each other says nothing where both may be empty.",
        tables=[table for table in tables if table is not None],
    )


def _directions(view: RunView, prefix: str) -> Section:
    figures: list[CaptionedFigure] = []
    for measure in view.headline:
        figure = heat_map(view, measure, view.split)
        figures += captioned(figure, captions.heat(view, measure, view.split), prefix=prefix)
    return Section(
        id="directions",
        title="Direction by direction",
        nav="Directions",
        intro="A mean over directions can hide that a method fails in one of them. Choose a metric "
        "above; the tables and maps follow.",
        tables=[
            *([people] if (people := people_table(view)) else []),
            *direction_tables(view, view.measures),
            *paper_tables(view, "Table 2", "Table S2"),
        ],
        figures=figures,
    )


def _subjects(view: RunView, prefix: str) -> Section:
    figures: list[CaptionedFigure] = []
    for split in view.splits:
        # Fewer figures for subjects that the verdict does not rest on: they cost size and time.
        shown = view.headline if split == view.split else view.headline[:_MEASURES_OF_OTHERS]
        for measure in shown:
            figure = paired_plot(view, measure, split)
            figures += captioned(figure, captions.paired(view, measure, split), prefix=prefix)
    return Section(
        id="subjects",
        title="Subject by subject",
        nav="Subjects",
        intro="Subjects are what statistics may count. Open one, by its line or its row, for all "
        "its scores and pictures.",
        figures=figures,
    )


def _images(view: RunView, prefix: str) -> Section:
    figures = []
    for split in view.splits:
        for direction in view.directions[:MOST_PICTURES]:
            subject = median_subject(view, split, direction)
            shown = subject and compare_images(view, subject, *direction, view.methods)
            if shown and shown.images:
                words = captions.comparison(view, shown, split)
                figures += captioned(picture(view, shown, split), words, prefix=prefix)
    return Section(
        id="images",
        title="Seen beside the target",
        nav="Images",
        intro="One subject per direction, chosen by a rule and not by eye: source, every method "
        "and target; a zoom; and the signed error.",
        figures=figures,
    )


def _histograms(view: RunView, prefix: str) -> Section:
    figures = []
    for split in view.splits:
        figures += captioned(
            histogram_plot(view, split), captions.histograms(view, split), prefix=prefix
        )
    return Section(
        id="histograms",
        title="Intensity histograms",
        nav="Histograms",
        intro="Whether the grey levels of a harmonized image are distributed like the target's.",
        figures=figures,
    )


def _tissues(view: RunView, prefix: str) -> Section:
    figures: list[CaptionedFigure] = []
    for split in view.splits:
        bars, agreement = volume_bars(view, split), bland_altman(view, split)
        figures += captioned(bars, captions.volume_bars(view, split), prefix=prefix)
        figures += captioned(agreement, captions.bland_altman(view, split), prefix=prefix)
    for direction in view.directions[:MOST_PICTURES]:
        subject = median_subject(view, view.split, direction)
        shown = subject and compare_images(view, subject, *direction, methods=[])
        if shown:
            figure = mask_picture(view, shown, view.split)
            figures += captioned(figure, captions.masks(view, shown, view.split), prefix=prefix)
    return Section(
        id="tissues",
        title="Grey and white matter",
        nav="Tissues",
        intro="What a volume study would see: segmentations of harmonized images against those of "
        "the target scans.",
        tables=paper_tables(view, "Table 3", "Table S3"),
        figures=figures,
    )


def _reliability(view: RunView, prefix: str) -> Section:
    drawings = (
        (volume_dots, reliability_captions.volume_dots),
        (accuracy_dots, reliability_captions.accuracy_dots),
        (loss_scatter, reliability_captions.loss_scatter),
    )
    figures: list[CaptionedFigure] = []
    for split in view.splits:
        for draw, words in drawings:
            figures += captioned(draw(view, split), words(view, split), prefix=prefix)
    people = travellers_table(view)
    return Section(
        id="reliability",
        title="Reliability",
        nav="Reliability",
        intro="What a study over several scanners needs: volumes of a person that agree, images "
        "that do not give their scanner away, losses that are still there, and enough people.",
        tables=[
            *volume_tables(view),
            *limits_tables(view),
            *accuracy_tables(view),
            *recovery_tables(view),
            *([people] if people else []),
        ],
        figures=figures,
    )


def _maps(view: RunView, prefix: str) -> Section:
    found = maps_picture(view)
    figures = captioned(found[0], captions.maps(found[1]), prefix=prefix) if found else []
    return Section(
        id="maps",
        title="Quantitative maps",
        nav="Maps",
        intro="T1 and M0 that the Quantitative Maps Generator predicts, on subjects whose maps "
        "were measured and on travelling subjects whose truth is known.",
        tables=[
            *paper_tables(view, "Table 1"),
            *([by_scanner] if (by_scanner := map_source_table(view)) else []),
            *([fitted] if (fitted := acquisition_table(view)) else []),
            *variant_tables(view),
        ],
        figures=figures,
    )


def _training(view: RunView, prefix: str) -> Section:
    twice = convergence_table(view)
    figures = captioned(training_plot(view), captions.training(), prefix=prefix)
    by_case = case_training_plot(view)
    if by_case is not None and len(by_case[2]) > 1:
        figure, method, cases = by_case
        words = captions.training_by_case(method, cases)
        figures += captioned(figure, words, prefix=prefix)
    return Section(
        id="training",
        title="Training",
        nav="Training",
        intro="Whether every method was trained to its end: none may lose for want of steps. A "
        "rate that falls to zero makes any curve flat at its end; twice the budget tells.",
        tables=[twice] if twice else [],
        figures=figures,
    )


def _tests(view: RunView, prefix: str) -> Section:
    ranks = mean_ranks(view)
    figures: list[CaptionedFigure] = []
    for measure in view.headline:
        own = ranks[
            (ranks["metric"] == measure.metric)
            & (ranks["tissue"] == measure.tissue)
            & (ranks["split"] == view.split)
        ]
        if len(own):
            means = dict(zip(own["harmonizer"].map(str), own["mean_rank"].map(float), strict=True))
            figure = rank_diagram(view, means, float(own["critical_difference"].iloc[0]))
            subjects, p = int(own["n"].iloc[0]), float(own["p_f"].iloc[0])
            words = captions.ranks(view, measure, view.split, subjects, p)
            figures += captioned(figure, words, prefix=prefix)
    repeats = ceiling_table(view)
    extra = [*trust_tables(view), *([repeats] if repeats else [])]
    return Section(
        id="statistics",
        title="Statistics",
        nav="Statistics",
        intro="Every comparison with its size, its interval and its exact p; where the number of "
        "subjects makes significance impossible, it says so.",
        tables=[*comparison_tables(view), *extra],
        figures=figures,
    )
