"""A paragraph for the methods section of a paper, with what it cites, from what was done."""

from collections.abc import Callable
from dataclasses import dataclass

from ..run.measures import Measure
from ..run.names import join, label
from ..run.people import is_partial, subjects_text, unequal_fold_sentences, untrained_sentences
from ..run.run_view import RunView
from ..run.seeds import training_seeds

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
    "bca": "Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82:171–185. "
    "doi:10.1080/01621459.1987.10478410",
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
    count = len(training_seeds(view))
    trained = f" Each was fitted with {count} training seeds." if count > 1 else ""
    return f"The methods were {join(names)}.{trained}"


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
    return (
        "Images were compared with the same subject's scan on the target scanner: "
        f"{'; '.join(parts)}.{tissue}"
    )


def _tests(view: RunView, cite: Cite) -> str:
    return (
        "The subject was the unit of analysis; folds and seeds of a subject were averaged. "
        "Methods were compared by exact two-sided Wilcoxon signed-rank tests "
        f"{cite(_WORKS['wilcoxon'])} with Hodges–Lehmann shifts {cite(_WORKS['hl'])}, p values "
        f"adjusted after Holm {cite(_WORKS['holm'])} and Benjamini and Hochberg "
        f"{cite(_WORKS['bh'])}; intervals are {view.coverage} bias-corrected and accelerated "
        f"bootstrap intervals over subjects {cite(_WORKS['bca'])}, and ranks were compared by "
        f"Friedman's test with Nemenyi's critical difference {cite(_WORKS['demsar'])}."
    )
