"""Who is best, computed once more: slowly, with dictionaries, and without the package.

Nothing of `phycharm` is imported here, so that a sentence of the report that agrees with this was
not merely compared with itself.
"""

from collections import Counter, defaultdict
from fractions import Fraction
from math import comb, isclose, isfinite
from statistics import mean, stdev

from scipy.stats import ttest_1samp

HIGHER = {"ssim": 1, "psnr": 1, "nrmse": -1, "dice": 1, "structure": 1, "dice_truth": 1}
"""Sign of the merit; sharpness is best at 1."""


def merit(metric, value):
    return -abs(value - 1) if metric == "sharpness_source" else HIGHER[metric] * value


def same(a, b):
    return isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def exact_p(differences):
    """Two-sided p of the signed-rank test by counting all sign patterns; and the direction."""
    known = [d for d in differences if not same(d, 0)]
    if not known:
        return 1.0, 0, 0
    ranks = mean_ranks([abs(d) for d in known])
    sums = Counter({Fraction(0): 1})
    for rank in ranks:
        step = Counter(sums)
        for total, ways in sums.items():
            step[total + rank] += ways
        sums = step
    positive = sum((r for r, d in zip(ranks, known, strict=True) if d > 0), Fraction(0))
    low = sum(ways for total, ways in sums.items() if total <= positive)
    high = sum(ways for total, ways in sums.items() if total >= positive)
    p = min(Fraction(1), Fraction(2 * min(low, high), 2 ** len(known)))
    half = sum(ranks, Fraction(0)) / 2
    return float(p), len(known), (positive > half) - (positive < half)


def t_ahead(gains, level):
    """Whether a paired t test shows a gain; SciPy's, where the gains differ at all."""
    if all(same(gain, gains[0]) for gain in gains):
        return gains[0] > 1e-9
    test = ttest_1samp(gains, 0)
    return test.statistic > 0 and test.pvalue <= level


def mean_ranks(values):
    """Rank 1 is the smallest; equal values share their mean rank."""
    return [
        Fraction(sum(not same(v, w) and w < v for w in values))
        + Fraction(sum(same(v, w) for w in values) + 1, 2)
        for v in values
    ]


def holm(p_values):
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, worst = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        worst = max(worst, (len(p_values) - place) * p_values[index])
        adjusted[index] = min(1.0, worst)
    return adjusted


class Contest:
    """The methods of one split, and what is true of them."""

    def __init__(self, rows, methods, criteria, once):
        self.rows = [r for r in rows if r["harmonizer"] in methods and isfinite(r["value"])]
        self.once, self.criteria = once, criteria
        self.methods = sorted({r["harmonizer"] for r in self.rows})
        trained = [r for r in self.rows if r["harmonizer"] not in once]
        self.seeds = sorted({r["seed"] for r in trained})
        self.have = defaultdict(dict)
        for r in self.rows:
            seed = None if r["harmonizer"] in once else r["seed"]
            unit = (r["fold"], seed, r["source"], r["target"], r["subject"])
            self.have[r["harmonizer"], r["metric"], r["tissue"]][unit] = r["value"]
        self.images = defaultdict(set)
        for (_, *measure), units in self.have.items():
            self.images[tuple(measure)] |= {(u[0], *u[2:]) for u in units}

    def measures(self, metric):
        return sorted(m for m in self.images if m[0] == metric)

    def wanted(self, method, measure):
        seeds = [None] if method in self.once else self.seeds
        return {(i[0], s, *i[1:]) for i in self.images[measure] for s in seeds}

    def missing(self, method, metrics):
        return [
            (measure, unit)
            for metric in metrics
            for measure in self.measures(metric)
            for unit in self.wanted(method, measure) - set(self.have.get((method, *measure), {}))
        ]

    def complete(self, metrics):
        return [m for m in self.methods if metrics and not self.missing(m, metrics)]

    def image_merits(self, method, measure):
        """By direction and person: mean over folds within a seed, then over seeds."""
        parts = defaultdict(lambda: defaultdict(list))
        for unit, value in self.have[method, *measure].items():
            parts[unit[2:]][unit[1]].append(merit(measure[0], value))
        return {i: mean(mean(v) for v in by_seed.values()) for i, by_seed in parts.items()}

    def person_merits(self, method, metric):
        """By person: mean over tissues of each image, then over directions."""
        by_image = defaultdict(list)
        for measure in self.measures(metric):
            for image, value in self.image_merits(method, measure).items():
                by_image[image].append(value)
        by_person = defaultdict(list)
        for image, values in by_image.items():
            by_person[image[-1]].append(mean(values))
        return {person: mean(values) for person, values in by_person.items()}

    def leaders(self, metric, methods):
        means = {m: mean(self.person_merits(m, metric).values()) for m in methods}
        best = max(means.values())
        return {m for m, v in means.items() if same(v, best)}

    def people(self, methods):
        return sorted({p for c in self.criteria for p in self.person_merits(methods[0], c)})

    def person_scores(self, methods):
        """One number a person and method: minus the mean rank, or the merit of a lone metric."""
        if len(self.criteria) == 1:
            return {m: self.person_merits(m, self.criteria[0]) for m in methods}
        found = {m: defaultdict(list) for m in methods}
        for metric in self.criteria:
            merits = {m: self.person_merits(m, metric) for m in methods}
            for person in merits[methods[0]]:
                ranks = mean_ranks([-merits[m][person] for m in methods])
                for m, rank in zip(methods, ranks, strict=True):
                    found[m][person].append(rank)
        return {m: {p: -float(sum(r) / len(r)) for p, r in own.items()} for m, own in found.items()}

    def shown_behind(self, first, methods, alpha=0.05):
        scores, behind = self.person_scores(methods), set()
        for other in methods:
            gains = [scores[first][p] - scores[other][p] for p in scores[first]]
            p, _, sign = exact_p(gains)
            if sign > 0 and p * comb(len(methods), 2) <= alpha:
                merits = {
                    c: [self.person_merits(m, c) for m in (first, other)] for c in self.criteria
                }
                means = [[a[p] - b[p] for p in a] for a, b in merits.values()]
                level = alpha / comb(len(methods), 2)
                if t_ahead(gains, level) and any(t_ahead(own, level) for own in means):
                    behind.add(other)
        return behind

    def can_tell(self, methods, alpha=0.05):
        people = len(self.people(methods))
        return 2.0 ** (1 - people) * comb(len(methods), 2) <= alpha

    def against(self, nothing, metric, family):
        """By method: gain over doing nothing, nonzero differences, p, and Holm's p."""
        base = self.person_merits(nothing, metric)
        own = {m: self.person_merits(m, metric) for m in family}
        gains = {m: [own[m][p] - base[p] for p in base] for m in family}
        tests = {m: exact_p(gains[m]) for m in family}
        adjusted = holm([tests[m][0] for m in family])
        return {
            m: (mean(gains[m]), tests[m][1], tests[m][2], adjusted[i]) for i, m in enumerate(family)
        }

    def direction_mean(self, method, measure, direction, people=None):
        values = [
            v
            for image, v in self.image_merits(method, measure).items()
            if image[:2] == direction and (people is None or image[2] in people)
        ]
        return mean(values) if values else None

    def seed_spread(self, method, measure):
        """Standard deviation over seeds of the mean; None with fewer than two."""
        units = self.have[method, *measure]
        seeds = sorted({u[1] for u in units})
        if len(seeds) < 2 or None in seeds:
            return None
        common = [{(u[0], *u[2:]) for u in units if u[1] == seed} for seed in seeds]
        shared = set.intersection(*common)
        if not shared:
            return None
        means = []
        for seed in seeds:
            images = defaultdict(list)
            for fold, *image in shared:
                images[tuple(image)].append(units[fold, seed, *image])
            people = defaultdict(list)
            for image, values in images.items():
                people[image[-1]].append(mean(values))
            means.append(mean(mean(v) for v in people.values()))
        return stdev(means)
