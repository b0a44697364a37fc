"""The words under the figures: what to look for, and how each was computed."""

from ..figures.captioned_figure import Caption
from ..run.measures import Measure
from ..run.names import label
from ..run.people import direction_counts, is_partial
from ..run.run_view import RunView
from ..run.slices import Comparison
from ..tables.map_tables import CASE_WEIGHTS
from ..tables.statistics_tables import p_text


def _which(view: RunView, shown: Comparison, split: str) -> str:
    """Say by what rule a subject was chosen, as `median_subject` does it."""
    if view.headline:
        table = view.measured(view.headline[0], split, (shown.source, shown.target))
        if table[view.reference].notna().any():
            return f"the median of {label(view.reference)} by {view.headline[0].label}"
    return "the first in this direction"


def _of_fits(view: RunView, shown: Comparison, split: str) -> str:
    """Say that a picture is of one fit and its score of several, where that is so."""
    scores = view.scores
    own = scores[
        (scores["split"] == split)
        & (scores["subject"] == shown.subject)
        & (scores["source"] == shown.source)
        & (scores["target"] == shown.target)
        & scores["harmonizer"].isin(view.methods)
    ]
    fits = own.drop_duplicates(["harmonizer", "fold", "seed"]).groupby("harmonizer").size()
    most = int(fits.max()) if len(fits) else 1
    if most < 2:
        return ""
    return f", mean over up to {most} fits (folds and seeds); the pictures are of the first fit"


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
    return Caption(
        name=_key("images", split, *_direction_number(view, shown)),
        title=f"{shown.source} → {shown.target}: {split} subject {shown.subject}",
        look=(
            "The error map should fade to white. Red or blue edges along the cortex are blur or "
            "misplaced anatomy; a flat tint is a wrong intensity scale. In the zoom, compare the "
            f"texture with the target's: smoother is not closer.{gap}"
        ),
        how=(
            "Axial slice through the centre of the brain, left is left; the subject is "
            f"{_which(view, shown, split)}, the zoom the square where the unharmonized scan is "
            "worst: neither was picked by eye. All panels share one grey scale (0 to the "
            "99.5th percentile of the target), all error maps one colour scale (98th percentile of "
            "|source − target|). Scores are those of this subject's whole volume"
            f"{_of_fits(view, shown, split)}."
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
        how=f"Segmented by {engine}; the same slice and subject as in the pictures above. Dice is "
        f"that of the whole volume{_of_fits(view, shown, split)}.",
        split=split,
        direction=f"{shown.source} → {shown.target}",
    )


def volume_bars(view: RunView, split: str) -> Caption:
    """Words for Fig. 8 and S3."""
    return Caption(
        name=_key("volumes", split),
        title=f"Tissue volumes: distance from the target scan, {split} subjects",
        look=(f"{_before(view)}A dash stands for a method without values."),
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
            "The solid line is the bias, the dashed lines would hold 95 % of normally distributed "
            "differences. A cloud that tilts means that large brains are treated otherwise than "
            "small ones."
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


def ranks(view: RunView, measure: Measure, split: str, subjects: int, p: float) -> Caption:
    """Words for the critical-difference diagram."""
    few = " With so few subjects both are rough." if subjects < 10 else ""
    tested = "" if p != p else f"; Friedman's test after Iman and Davenport: p {p_equals(p)}"
    return Caption(
        name=_key("ranks", measure.key, split),
        title=f"Mean ranks by {measure.label}, {split} subjects",
        look="Methods joined by a bar cannot be told apart by these ranks.",
        how=(
            f"Each of {subjects} subjects ranks the methods by its mean over {_own(view, split)}"
            "directions; the bar "
            f"is Nemenyi's critical difference at {view.level}{tested} "
            f"(Demšar 2006).{few}"
        ),
        split=split,
        measure=measure.key,
    )


def p_equals(p: float) -> str:
    """Print a p value after the letter: `= 0.03`, or `< .001`."""
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"


def _a_direction(view: RunView, split: str) -> str:
    """Say how many subjects a direction has, where not everybody is in all."""
    if not is_partial(view, split):
        return ""
    return f" (n a direction: {', '.join(map(str, direction_counts(view, split).values()))})"


def _before(view: RunView) -> str:
    if "none" not in view.methods:
        return ""
    return (
        "The grey bar is the difference between the scanners before harmonization: a bar that is "
        "not shorter than it did not help a volume view. "
    )


def _partly(view: RunView, split: str) -> str:
    return " Not every subject is in every panel." if is_partial(view, split) else ""


def _own(view: RunView, split: str) -> str:
    return "its own " if is_partial(view, split) else ""


def _direction_number(view: RunView, shown: Comparison) -> tuple[str]:
    return (str(view.directions.index((shown.source, shown.target)) + 1),)
