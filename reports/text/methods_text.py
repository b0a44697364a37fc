"""A paragraph for the methods section of a paper, with what it cites, from what was done."""

from collections.abc import Callable
from dataclasses import dataclass

from ..run.measures import Measure
from ..run.names import join, label
from ..run.people import is_partial, subjects_text, unequal_fold_sentences, untrained_sentences
from ..run.run_view import RunView
from ..run.seeds import compared_seeds
from ..run.standings import judgement, standings
from ..tables.leaderboard import weight_words
from ..tables.statistics_tables import comparisons, mean_ranks

Cite = Callable[..., str]

_WORKS = {
    "ssim": "Wang Z, Bovik AC, Sheikh HR, Simoncelli EP. Image quality assessment: from error "
    "visibility to structural similarity. IEEE Trans Image Process 2004;13:600–612. "
    "doi:10.1109/TIP.2003.819861",
    "dice": "Dice LR. Measures of the amount of ecologic association between species. Ecology "
    "1945;26:297–302. doi:10.2307/1932409",
    "wilcoxon": "Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bulletin "
    "1945;1:80–83. doi:10.2307/3001968",
    "holm": "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat "
    "1979;6:65–70.",
    "bh": "Benjamini Y, Hochberg Y. Controlling the false discovery rate. J R Stat Soc B "
    "1995;57:289–300. doi:10.1111/j.2517-6161.1995.tb02031.x",
    "hl": "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat "
    "1963;34:598–611. doi:10.1214/aoms/1177704172",
    "order": "Hahn GJ, Meeker WQ. Statistical intervals: a guide for practitioners. New York: "
    "Wiley; 1991, section 5.2.",
    "demsar": "Demšar J. Statistical comparisons of classifiers over multiple data sets. J Mach "
    "Learn Res 2006;7:1–30.",
    "krouwer": "Krouwer JS. Why Bland–Altman plots should use X, not (Y+X)/2 when X is a "
    "reference method. Stat Med 2008;27:778–780. doi:10.1002/sim.3086",
}


_SCALES = {
    "p99": " Every scan was divided by the 99th percentile of its brain.",
    "p90": " Every scan was divided by the 90th percentile of its brain.",
    "wm_mean": " Every scan was divided by the mean of the voxels within a tenth of the 90th "
    "percentile of its brain.",
}
"""What was done to the scans, by the name of the standardization in the protocol."""


@dataclass(frozen=True, kw_only=True)
class MethodsText:
    """What to paste: sentences, and the works they cite by number."""

    paragraph: str
    references: list[str]


def methods_text(view: RunView) -> MethodsText:
    """Write the methods paragraph of a run.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    MethodsText
        Only what the results folder states; what it does not is left out.
    """
    cited: list[str] = []

    def cite(*works: str) -> str:
        for work in works:
            if work not in cited:
                cited.append(work)
        return "[" + ", ".join(str(cited.index(work) + 1) for work in works) + "]"

    sentences = [
        _data(view, cite),
        _methods(view, cite),
        _metrics(view, cite),
        _tests(view, cite),
    ]
    return MethodsText(paragraph=" ".join(s for s in sentences if s), references=cited)


def _data(view: RunView, cite: Cite) -> str:
    manifest, dataset = view.content.section("protocol"), view.content.section("dataset")
    version = view.content.section("environment").get("phycharm")
    tool = f"the PhyCHarm benchmark{f' {version}' if version else ''}"
    protocol = f"protocol “{manifest['name']}”" if manifest.get("name") else "a protocol"
    if manifest.get("version") is not None:
        protocol += f", version {manifest['version']}"
    name = str(dataset.get("name") or "the dataset")
    citation = str(dataset.get("citation") or "")
    source = f"{name} {cite(citation)}" if citation else name
    counts = [f"{len(s)} {split}" for split, s in view.subjects.items()]
    partly = [split for split in view.subjects if is_partial(view, split)]
    kind = " The scanners were simulated." if view.content.simulated else ""
    people = f"{' and '.join(counts)} subjects" if counts else "no subjects yet"
    scale = _SCALES.get(str(manifest.get("standardization")), "")
    substitutes = manifest.get("substitutes")
    maps = "".join(f" {line}" for line in substitutes) if isinstance(substitutes, list) else ""
    scanned = f"{_lacking(view, partly)}{kind}{maps}{scale}"
    return (
        f"Harmonization methods were compared with {tool} ({protocol}) on {source}: {people}, "
        f"{len(view.directions)} directions between {len(view.scanners)} scanners.{scanned}"
    )


def _lacking(view: RunView, splits: list[str]) -> str:
    """Say how people who lack scanners were dealt with; nothing where nobody does."""
    if not splits:
        return ""
    told = [*untrained_sentences(view), *unequal_fold_sentences(view)]
    spans = join([subjects_text(view, split) for split in splits])
    return (
        " Not everybody was scanned on every scanner: a pair of scanners was learned from, and "
        f"scored on, the people who were on both ({spans}), and a person's mean is over the "
        "directions that it has."
        f"{''.join(f' {sentence}' for sentence in told)}"
    )


def _methods(view: RunView, cite: Cite) -> str:
    if not view.methods:
        return ""
    names = []
    for method in view.methods:
        citation = str(view.content.methods.get(method, {}).get("citation") or "")
        names.append(f"{label(method)} {cite(citation)}" if citation else label(method))
    trained = _trained(view)
    return f"The methods were {join(names)}.{trained}"


def _trained(view: RunView) -> str:
    """Say how many seeds count; methods that draw nothing are fitted once."""
    count = len(compared_seeds(view))
    if count < 2:
        return ""
    whom = "Each whose training draws random numbers" if view.deterministic else "Each"
    return f" {whom} was fitted with {count} training seeds."


def _metrics(view: RunView, cite: Cite) -> str:
    if not view.headline:
        return ""
    works = {"ssim": "ssim", "dice": "dice"}
    parts = []
    for metric in dict.fromkeys(m.metric for m in view.headline):
        measure = next(m for m in view.headline if m.metric == metric)
        work = f" {cite(_WORKS[works[metric]])}" if metric in works else ""
        name = Measure(metric=metric).label
        parts.append(f"{name}{work} ({measure.definition.rstrip('.')})")
    engine = view.segmenter
    tissue = f" Tissues were segmented by {engine}." if engine else ""
    return f"{_compared_with(view)}: {'; '.join(parts)}.{tissue}"


def _compared_with(view: RunView) -> str:
    target = "Images were compared with the same subject's scan on the target scanner"
    if not view.common_domain:
        return target
    names = join([label(method) for method in view.common_domain])
    own = (
        f"those of {names}, which {'maps' if len(view.common_domain) == 1 else 'map'} to a common "
        "domain, with the same subject's image from the other scanner in that domain"
    )
    return f"{target}, {own}" if view.contestants else f"Images were compared: {own}"


def _tests(view: RunView, cite: Cite) -> str:
    """Describe what was computed and tested in this run, and nothing else."""
    if standings(view, view.split).empty:
        return ""
    unit = (
        "The subject was the unit of analysis; folds and seeds of a subject were averaged, those "
        "that every ranked method has."
    )
    return " ".join([unit, *_order(view), *_comparisons(view, cite), *_friedman(view, cite)])


def _order(view: RunView) -> list[str]:
    table, (judged, lacks) = standings(view, view.split), judgement(view, view.split)
    methods = len(judged.methods)
    sentences = [f"In the order of methods {weight_words(view, table)}."]
    if lacks:
        sentences.append(
            f"{join([label(lack.harmonizer) for lack in lacks])} "
            f"{'lacks' if len(lacks) == 1 else 'lack'} scores that others have, and so a rank."
        )
    if methods < 2:
        return sentences
    if not judged.can_tell:
        people = "subject is" if judged.people == 1 else "subjects are"
        return [
            *sentences,
            f"The order is descriptive: {judged.people} {people} too few to test {methods} "
            "methods.",
        ]
    pairs = methods * (methods - 1) // 2
    divided = f" divided by {pairs} pairs of methods (Bonferroni)" if pairs > 1 else ""
    over = "mean ranks" if len(judged.leads) > 1 else "scores"
    return [
        *sentences,
        "A method counts as behind another where an exact two-sided Wilcoxon signed-rank test of "
        f"subjects' {over} and a paired t test both say so at {view.level}{divided}.",
    ]


def _comparisons(view: RunView, cite: Cite) -> list[str]:
    tests = comparisons(view)
    sentences = []
    if len(tests) and bool((tests["nonzero"] > 0).any()):
        sentences.append(
            f"{label(view.reference)} was compared with every other method by exact two-sided "
            f"Wilcoxon signed-rank tests {cite(_WORKS['wilcoxon'])} with Hodges–Lehmann shifts "
            f"{cite(_WORKS['hl'])}, p values adjusted after Holm {cite(_WORKS['holm'])} and "
            f"Benjamini and Hochberg {cite(_WORKS['bh'])}."
        )
    board = standings(view, view.split)
    if board["interval_low"].notna().any():
        sentences.append(
            "Intervals are those of the median over subjects, from order statistics "
            f"{cite(_WORKS['order'])}."
        )
    return sentences


def _friedman(view: RunView, cite: Cite) -> list[str]:
    ranks = mean_ranks(view)
    if ranks.empty or not (ranks.loc[ranks["split"] == view.split, "p_f"].notna()).any():
        return []
    return [
        "Ranks were compared by Friedman's test in the form of Iman and Davenport, and Nemenyi's "
        f"critical difference {cite(_WORKS['demsar'])}."
    ]
