"""The words under the figures: what to look for, and how each was computed."""

from ..figures.captioned_figure import Caption
from ..run.measures import Measure
from ..run.names import label
from ..run.people import direction_counts, is_partial
from ..run.run_view import RunView
from ..run.slices import Comparison
from ..tables.map_tables import CASE_WEIGHTS


def _key(*parts: str) -> str:
    """Make a file name of our own words; names of subjects and scanners never get in."""
    return "-".join(part.replace("/", "-").replace("_", "-") for part in parts if part)


def paired(view: RunView, measure: Measure, split: str) -> Caption:
    """Words for the boxes and lines per subject."""
    return Caption(
        name=_key("subjects", measure.key, split),
        title=f"{measure.label} of every {split} subject",
        look=(
            "Follow one grey line: a method that helps moves every subject the same way, not only "
            "the mean. Lines that cross mean that the ranking depends on the person. "
            "Click a line to open its subject."
        ),
        how=(
            "One point per subject (folds and seeds averaged), one line per subject; boxes show "
            f"quartiles, violins appear from eight subjects on.{_partly(view, split)} "
            f"{measure.label}: {measure.definition}"
        ),
        split=split,
        measure=measure.key,
    )


def heat(view: RunView, measure: Measure, split: str) -> Caption:
    """Words for the source x target map."""
    return Caption(
        name=_key("scanners", measure.key, split),
        title=f"{measure.label} by source and target scanner, {split} subjects",
        look=(
            "A row or column that stays dark under every method is a scanner that is hard for all "
            "of them; one dark square is a direction that one method failed to learn."
        ),
        how=f"Mean over subjects{_a_direction(view, split)}; all panels share one colour scale; "
        "brighter is better.",
        split=split,
        measure=measure.key,
    )


def histograms(view: RunView, split: str) -> Caption:
    """Words for Fig. S1."""
    return Caption(
        name=_key("histograms", split),
        title=f"Intensity histograms, {split} subjects",
        look=(
            "The shaded shape is the target scanner. A good method lays its grey- and white-matter "
            "peaks over the target's; the dotted line is where doing nothing leaves them. Peaks "
            "taller and narrower than the target's mean that noise or texture was smoothed away."
        ),
        how=(
            "Standardized intensities in the target's brain mask; each subject's histogram is "
            f"scaled to sum to one, then averaged over subjects{_a_direction(view, split)}."
        ),
        split=split,
    )


def comparison(view: RunView, shown: Comparison, split: str) -> Caption:
    """Words for Fig. 4 and 5."""
    missing = ", ".join(label(m) for m in shown.missing)
    gap = f" No image was found for: {missing}." if missing else ""
    first = view.headline[0].label if view.headline else "score"
    return Caption(
        name=_key("images", split, *_direction_number(view, shown)),
        title=f"{shown.source} → {shown.target}: {split} subject {shown.subject}",
        look=(
            "The error map should fade to white. Red or blue edges along the cortex are blur or "
            "misplaced anatomy; a flat tint is a wrong intensity scale. In the zoom, compare the "
            f"texture with the target's: smoother is not closer.{gap}"
        ),
        how=(
            "Axial slice through the centre of the brain, left is left; the subject is the median "
            f"of {label(view.reference)} by {first}, the zoom the square where the unharmonized "
            "scan is worst: neither was picked by eye. All panels share one grey scale (0 to the "
            "99.5th percentile of the target), all error maps one colour scale (98th percentile of "
            "|source − target|). Scores are those of this subject's whole volume."
        ),
        split=split,
        direction=f"{shown.source} → {shown.target}",
    )


def masks(view: RunView, shown: Comparison, split: str) -> Caption:
    """Words for Fig. 6 and 7."""
    engine = view.segmenter or "an engine that run.json does not name"
    return Caption(
        name=_key("tissues", split, *_direction_number(view, shown)),
        title=f"{shown.source} → {shown.target}: grey and white matter of {split} subject "
        f"{shown.subject}",
        look=(
            "Grey agrees with the target scan. An orange rim all around a tissue means that it "
            "came out too thick, a blue rim too thin; specks of both are noise."
        ),
        how=f"Segmented by {engine}; the same slice and subject as in the pictures above.",
        split=split,
        direction=f"{shown.source} → {shown.target}",
    )


def volume_bars(view: RunView, split: str) -> Caption:
    """Words for Fig. 8 and S3."""
    return Caption(
        name=_key("volumes", split),
        title=f"Tissue volumes: distance from the target scan, {split} subjects",
        look=(
            "The grey bar is the difference between the scanners before harmonization: a bar that "
            "is not shorter than it did not help a volume view."
        ),
        how=(
            "Mean of the absolute volume difference from the target scan of the same subject; "
            f"points are subjects{_a_direction(view, split)}."
        ),
        split=split,
    )


def bland_altman(view: RunView, split: str) -> Caption:
    """Words for the agreement plot."""
    return Caption(
        name=_key("agreement", split),
        title=f"Agreement of tissue volumes with the target scan, {split} subjects",
        look=(
            "The solid line is the bias, the dashed lines hold about 95 % of differences. A cloud "
            "that tilts means that large brains are treated otherwise than small ones."
        ),
        how=(
            "Harmonized minus target volume over the target's volume, all directions; limits are "
            "mean ± 1.96 standard deviations. The target is the reference, so it alone is on the "
            "axis (Krouwer 2008). Points of one subject are not independent."
        ),
        split=split,
    )


def maps(whose: str) -> Caption:
    """Words for Fig. 3."""
    return Caption(
        name="maps",
        title="T1 and M0 maps: measured, predicted, difference",
        look=(
            "The difference should look like noise. Anatomy that shows in it is a tissue whose T1 "
            "or M0 the generator gets wrong."
        ),
        how=f"Axial slice through the centre of the brain of {whose}.",
    )


def training() -> Caption:
    """Words for the training curves."""
    return Caption(
        name="training",
        title="Training curves",
        look=(
            "Both curves should flatten before training ends. Validation that rises while training "
            "falls is over-fitting; curves still falling at the end are a method left half-trained."
        ),
        how="Thin: one fit and direction; thick: their mean. Total loss, logarithmic axis.",
    )


def training_by_case(method: str, cases: list[int]) -> Caption:
    """Words for Fig. S2 of the paper: which method was trained on the maps of which cases."""
    if len(cases) > 1:
        numbers = ", ".join(map(str, cases))
        which = f"{label(method)} was trained on maps of the loss cases {numbers}."
    else:
        which = f"This run trained {label(method)} on maps of loss case {cases[0]} alone."
    return Caption(
        name="training-by-case",
        title="Training loss of the harmonization network by loss case of the maps",
        look=(
            "Lines that lie on each other mean that it does not matter to the harmonization "
            "network how its maps were trained; a line that ends higher is a case whose maps tell "
            "it less about the target scan."
        ),
        how=(
            f"{which} Mean over folds and seeds of the total training loss, logarithmic axis. "
            f"{CASE_WEIGHTS}"
        ),
    )


def ranks(view: RunView, measure: Measure, split: str, subjects: int) -> Caption:
    """Words for the critical-difference diagram."""
    few = " With so few subjects the test is rough." if subjects < 10 else ""
    return Caption(
        name=_key("ranks", measure.key, split),
        title=f"Mean ranks by {measure.label}, {split} subjects",
        look="Methods joined by a bar cannot be told apart by their ranks.",
        how=(
            f"Each of {subjects} subjects ranks the methods by its mean over {_own(view, split)}"
            "directions; the bar "
            f"is Nemenyi's critical difference at {view.level} after Friedman's test "
            f"(Demšar 2006).{few}"
        ),
        split=split,
        measure=measure.key,
    )


def _a_direction(view: RunView, split: str) -> str:
    """Say how many subjects a direction has, where not everybody is in all."""
    if not is_partial(view, split):
        return ""
    return f" (n a direction: {', '.join(map(str, direction_counts(view, split).values()))})"


def _partly(view: RunView, split: str) -> str:
    return " Not every subject is in every panel." if is_partial(view, split) else ""


def _own(view: RunView, split: str) -> str:
    return "its own " if is_partial(view, split) else ""


def _direction_number(view: RunView, shown: Comparison) -> tuple[str]:
    return (str(view.directions.index((shown.source, shown.target)) + 1),)
