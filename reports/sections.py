"""The parts of a run's page, in reading order."""

from dataclasses import dataclass, field

from . import captions
from .checks import trust_tables
from .direction_tables import direction_tables
from .figures.case_training import case_training_plot
from .figures.heatmap import heat_map
from .figures.histograms import histogram_plot
from .figures.maps import maps_picture
from .figures.masks import mask_picture
from .figures.paired import paired_plot
from .figures.pictures import picture
from .figures.ranks import rank_diagram
from .figures.training import training_plot
from .figures.volumes import bland_altman, volume_bars
from .paper_tables import paper_tables
from .plate import Plate, make_plate
from .slices import compare_images, median_subject
from .statistics_tables import ceiling_table, comparison_tables, mean_ranks
from .study import Study
from .table import Table
from .variant_tables import variant_tables

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
    tables, plates : list
        What it shows; the page's filters choose among them.
    """

    id: str
    title: str
    nav: str
    intro: str
    tables: list[Table] = field(default_factory=list)
    plates: list[Plate] = field(default_factory=list)


def make_sections(study: Study, prefix: str) -> list[Section]:
    """Build every part that this run has something for.

    Parameters
    ----------
    study : Study
        The run.
    prefix : str
        Identifier of the run within the page.

    Returns
    -------
    list of Section
        Parts without tables and figures are left out.
    """
    makers = (_directions, _subjects, _images, _histograms, _tissues, _maps, _training, _tests)
    sections = [maker(study, prefix) for maker in makers]
    return [s for s in sections if s.tables or s.plates]


def _directions(study: Study, prefix: str) -> Section:
    plates: list[Plate] = []
    for measure in study.headline:
        figure = heat_map(study, measure, study.split)
        plates += make_plate(figure, captions.heat(study, measure, study.split), prefix=prefix)
    return Section(
        id="directions",
        title="Direction by direction",
        nav="Directions",
        intro="A mean over directions can hide that a method fails in one of them. Choose a metric "
        "above; the tables and maps follow.",
        tables=[
            *direction_tables(study, study.measures),
            *paper_tables(study, "Table 2", "Table S2"),
        ],
        plates=plates,
    )


def _subjects(study: Study, prefix: str) -> Section:
    plates: list[Plate] = []
    for split in study.splits:
        # Fewer figures for subjects that the verdict does not rest on: they cost size and time.
        shown = study.headline if split == study.split else study.headline[:_MEASURES_OF_OTHERS]
        for measure in shown:
            figure = paired_plot(study, measure, split)
            plates += make_plate(figure, captions.paired(study, measure, split), prefix=prefix)
    return Section(
        id="subjects",
        title="Subject by subject",
        nav="Subjects",
        intro="Subjects are what statistics may count. Open one, by its line or its row, for all "
        "its scores and pictures.",
        plates=plates,
    )


def _images(study: Study, prefix: str) -> Section:
    plates = []
    for split in study.splits:
        for direction in study.directions[:MOST_PICTURES]:
            subject = median_subject(study, split, direction)
            shown = subject and compare_images(study, subject, *direction, study.methods)
            if shown and shown.images:
                words = captions.comparison(study, shown, split)
                plates += make_plate(picture(study, shown, split), words, prefix=prefix)
    return Section(
        id="images",
        title="Seen beside the target",
        nav="Images",
        intro="One subject per direction, chosen by a rule and not by eye: source, every method "
        "and target; a zoom; and the signed error.",
        plates=plates,
    )


def _histograms(study: Study, prefix: str) -> Section:
    plates = []
    for split in study.splits:
        plates += make_plate(
            histogram_plot(study, split), captions.histograms(study, split), prefix=prefix
        )
    return Section(
        id="histograms",
        title="Intensity histograms",
        nav="Histograms",
        intro="Whether the grey levels of a harmonized image are distributed like the target's.",
        plates=plates,
    )


def _tissues(study: Study, prefix: str) -> Section:
    plates: list[Plate] = []
    for split in study.splits:
        bars, agreement = volume_bars(study, split), bland_altman(study, split)
        plates += make_plate(bars, captions.volume_bars(study, split), prefix=prefix)
        plates += make_plate(agreement, captions.bland_altman(study, split), prefix=prefix)
    for direction in study.directions[:MOST_PICTURES]:
        subject = median_subject(study, study.split, direction)
        shown = subject and compare_images(study, subject, *direction, study.methods)
        if shown:
            figure = mask_picture(study, shown, study.split)
            plates += make_plate(figure, captions.masks(study, shown, study.split), prefix=prefix)
    return Section(
        id="tissues",
        title="Grey and white matter",
        nav="Tissues",
        intro="What a volume study would see: segmentations of harmonized images against those of "
        "the target scans.",
        tables=paper_tables(study, "Table 3", "Table S3"),
        plates=plates,
    )


def _maps(study: Study, prefix: str) -> Section:
    found = maps_picture(study)
    plates = make_plate(found[0], captions.maps(found[1]), prefix=prefix) if found else []
    return Section(
        id="maps",
        title="Quantitative maps",
        nav="Maps",
        intro="T1 and M0 that the Quantitative Maps Generator predicts, on subjects whose maps "
        "were measured.",
        tables=[*paper_tables(study, "Table 1"), *variant_tables(study)],
        plates=plates,
    )


def _training(study: Study, prefix: str) -> Section:
    plates = make_plate(training_plot(study), captions.training(), prefix=prefix)
    by_case = case_training_plot(study)
    if by_case is not None and len(by_case[2]) > 1:
        figure, method, cases = by_case
        words = captions.training_by_case(method, cases)
        plates += make_plate(figure, words, prefix=prefix)
    return Section(
        id="training",
        title="Training",
        nav="Training",
        intro="Whether every method was trained to its end: none may lose for want of steps.",
        plates=plates,
    )


def _tests(study: Study, prefix: str) -> Section:
    ranks = mean_ranks(study)
    plates: list[Plate] = []
    for measure in study.headline:
        own = ranks[
            (ranks["metric"] == measure.metric)
            & (ranks["tissue"] == measure.tissue)
            & (ranks["split"] == study.split)
        ]
        if len(own):
            means = dict(zip(own["harmonizer"].map(str), own["mean_rank"].map(float), strict=True))
            figure = rank_diagram(study, means, float(own["critical_difference"].iloc[0]))
            words = captions.ranks(study, measure, study.split, int(own["n"].iloc[0]))
            plates += make_plate(figure, words, prefix=prefix)
    repeats = ceiling_table(study)
    extra = [*trust_tables(study), *([repeats] if repeats else [])]
    return Section(
        id="statistics",
        title="Statistics",
        nav="Statistics",
        intro="Every comparison with its size, its interval and its exact p; where the number of "
        "subjects makes significance impossible, it says so.",
        tables=[*comparison_tables(study), *extra],
        plates=plates,
    )
