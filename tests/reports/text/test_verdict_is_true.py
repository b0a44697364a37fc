"""Every sentence of the first screen, held against a plain re-computation of made-up scores."""

import re
from dataclasses import dataclass, replace
from itertools import permutations, product
from math import comb, hypot
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from phycharm.benchmarks.metrics import as_records
from phycharm.reports.run.names import label
from phycharm.reports.run.run_view import RunView
from phycharm.reports.text.verdict import write_verdict

from support.plain_verdict import Contest, same
from support.score_frames import view_of

IMAGE = [("ssim", ""), ("psnr", ""), ("nrmse", ""), ("dice", "GM"), ("dice", "WM")]
APART = [("structure", ""), ("sharpness_source", ""), ("dice_truth", "GM")]
NAMES = {"ssim": "SSIM", "psnr": "PSNR", "nrmse": "NRMSE", "dice": "Dice"} | {
    "structure": "Structure",
    "sharpness_source": "Sharpness against the source",
    "dice_truth": "Dice against truth",
}
METRIC = {name: metric for metric, name in NAMES.items()}
METHODS = ("phycharm", "unet", "mine", "none")
COMMON = ("mush", "blend")


@dataclass
class Case:
    """A run, and what is needed to judge it without the package."""

    view: RunView
    rows: list
    once: set
    contest: Contest
    apart: Contest

    @property
    def lead_measure(self):
        return next(m for m in IMAGE if m in self.contest.images)


@st.composite
def cases(draw):
    people = draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    methods = draw(st.lists(st.sampled_from(METHODS), min_size=1, max_size=4, unique=True))
    common = draw(st.lists(st.sampled_from(COMMON), max_size=2, unique=True))
    measures = draw(st.lists(st.sampled_from(IMAGE), min_size=1, max_size=4, unique=True))
    once = set(draw(st.lists(st.sampled_from([*METHODS, *COMMON]), max_size=3, unique=True)))
    folds, seeds = range(1, draw(st.integers(1, 2)) + 1), range(draw(st.integers(1, 2)))
    directions = list(permutations("AB", 2))[: draw(st.integers(1, 2))]
    kind = draw(st.sampled_from(["normal", "skewed", "failures", "ties", "clear"]))
    apart = draw(st.sampled_from([APART, APART[:1], []]))
    rows = []
    for method in [*methods, *common]:
        own = measures + (apart if method in common else APART[2:] * (method == "none"))
        for measure in own:
            skill = rng.normal(scale=3 if kind == "clear" else 0.3)
            for place in product(range(people), directions, folds):
                for seed in [0] if method in once else seeds:
                    value = skill + drawn(rng, kind)
                    rows.append(row(method, measure, *place, seed, round(float(value), 2)))
    if draw(st.booleans()) and len(methods) > 1:
        rows = copied(rows, methods[0], methods[1], once)
    rows = failed(draw, rng, rows)
    return made(rows, once, set(common))


def drawn(rng, kind):
    if kind == "skewed":
        return -rng.lognormal()
    if kind == "failures":
        return rng.normal() - 20 * (rng.random() < 0.1)
    return rng.integers(0, 3) if kind == "ties" else rng.normal()


def row(method, measure, person, direction, fold, seed, value):
    return {
        "protocol": "test",
        "protocol_version": 1,
        "split": "external",
        "fold": fold,
        "source": direction[0],
        "target": direction[1],
        "subject": f"{person:02}",
        "harmonizer": method,
        "seed": seed,
        "metric": measure[0],
        "tissue": measure[1],
        "value": value,
    }


def copied(rows, one, other, once):
    """Make one method the copy of another."""
    once.discard(one)
    once.discard(other)
    kept = [r for r in rows if r["harmonizer"] != other]
    return kept + [r | {"harmonizer": other} for r in kept if r["harmonizer"] == one]


def failed(draw, rng, rows):
    """Lose whole fits, people or single values of a method."""
    for _ in range(draw(st.integers(0, 2))):
        who = draw(st.sampled_from([*METHODS, *COMMON]))
        axis = draw(st.sampled_from(["fold", "seed", "subject", "source", "metric", "value"]))
        own = [r for r in rows if r["harmonizer"] == who]
        if not own:
            continue
        lost = own[int(rng.integers(len(own)))]
        if axis == "value":
            rows = [r | {"value": float("nan")} if r is lost else r for r in rows]
        else:
            rows = [r for r in rows if r["harmonizer"] != who or r[axis] != lost[axis]]
    return rows


def made(rows, once, common):
    cards = {
        name: {
            "deterministic": name in once,
            "scope": "common-domain" if name in common else "pair",
        }
        for name in [*METHODS, *COMMON]
    }
    columns = list(row("", ("", ""), 0, "AB", 1, 0, 0.0))
    frame = pd.DataFrame(rows, columns=columns).astype({"value": float})
    view = view_of(frame, methods=cards)
    view = RunView(content=replace(view.content, metrics=as_records([*NAMES])))
    there = {r["harmonizer"] for r in rows}
    contest = Contest(rows, there - common, [], once)
    primary = [m for m in ("ssim", "psnr", "nrmse", "dice") if contest.measures(m)]
    if "psnr" in primary and "nrmse" in primary:
        primary.remove("nrmse")
    others = [m for m in NAMES if contest.measures(m)]
    contest.criteria = primary or others
    apart = Contest(rows, there & common, [], once)
    apart.criteria = [m for m, _ in APART if apart.measures(m)]
    return Case(view=view, rows=rows, once=once, contest=contest, apart=apart)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing table is small enough, and shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_no_sentence_is_false(case):
    check_every_sentence(case)


@pytest.mark.slow
@settings(
    max_examples=1500,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_no_sentence_is_false_in_very_many_tables(case):
    check_every_sentence(case)


def check_every_sentence(case):
    verdict = write_verdict(case.view)
    if not case.contest.rows:
        return
    assert verdict.headline.endswith(".")
    contest, _, nothing = verdict.headline[:-1].rpartition("; ")
    if "than that of doing nothing" not in nothing and "better than doing nothing" not in nothing:
        contest, nothing = verdict.headline[:-1], ""
    check_contest(case.contest, contest)
    check_nothing(case, nothing)
    for sentence in verdict.details:
        check_detail(case, sentence)
    check_silence(case, verdict)


def named(text, family):
    """Methods that a list of names stands for."""
    by_label = {label(m): m for m in family}
    return {by_label[name] for name in re.split(r", | and | or ", text)}


def metrics_of(text):
    return [METRIC[name] for name in re.split(r", | and ", text)]


def check_contest(contest, text):
    """What is said of who comes first."""
    ranked = contest.complete(contest.criteria)
    if not ranked:
        assert text == "No method has every score that others have, so none is ranked"
        return
    if len(ranked) == 1:
        only = label(ranked[0])
        assert text in (
            f"Only {only} was measured"
            if len(contest.methods) == 1
            else f"Only {only} has every score that others have, so it has no rival",
        )
        return
    people = len(contest.people(ranked))
    described = re.fullmatch(
        r"(\d+) (?:person is|people are) too few to test (\d+) methods; descriptively, (.*)", text
    )
    assert bool(described) == (not contest.can_tell(ranked))
    if described:
        assert (int(described[1]), int(described[2])) == (people, len(ranked))
        assert 2.0 ** (1 - people) * comb(len(ranked), 2) > 0.05
        check_lead(contest, ranked, described[3])
        return
    first = re.fullmatch(r"(.+) comes first: it (.*) and is shown ahead of (.+)", text)
    if first:
        (winner,) = named(first[1], ranked)
        check_lead(contest, ranked, f"{first[1]} {first[2]}")
        assert contest.shown_behind(winner, ranked) == set(ranked) - {winner}
        said = first[3].removesuffix(", person by person")
        assert said != first[3]
        if len(ranked) == 2:
            assert named(said, ranked) == set(ranked) - {winner}
        else:
            assert said == f"each of the {len(ranked) - 1} other methods"
        return
    none = re.fullmatch(r"No winner: (.*) but is not shown ahead of (.+)", text)
    if none:
        check_lead(contest, ranked, none[1])
        (single,) = named(re.match(r"(.+) leads in ", none[1])[1], ranked)
        rest = set(ranked) - {single} - contest.shown_behind(single, ranked)
        counted = re.fullmatch(r"(\d+) of the (\d+) other methods", none[2])
        if counted:
            assert (int(counted[1]), int(counted[2])) == (len(rest), len(ranked) - 1)
        else:
            assert named(none[2], ranked) == rest
        return
    check_lead(contest, ranked, text[:1].lower() + text[1:])


def check_lead(contest, ranked, text):
    """Who leads in what, by means."""
    leads = {metric: contest.leaders(metric, ranked) for metric in contest.criteria}
    dominant = [m for m in ranked if all(m in own for own in leads.values())]
    several = re.fullmatch(r"no single winner \((.*)\)", text)
    if not several:
        who, metrics = re.fullmatch(r"(.+) leads in (.*)", text).groups()
        assert named(who, ranked) == set(dominant)
        assert sorted(metrics_of(metrics)) == sorted(contest.criteria)
        return
    # Two methods, neither of which is at least as good as the other; or equals in everything.
    assert len(dominant) != 1
    told = {}
    for part in several[1].split("; "):
        who, verb, metrics = re.fullmatch(r"(.+) (leads|lead alike) in (.*)", part).groups()
        for metric in metrics_of(metrics):
            count = re.fullmatch(r"(\d+) methods", who)
            told[metric] = len(leads[metric]) == int(count[1]) if count else named(who, ranked)
            assert (verb == "leads") == (len(leads[metric]) == 1)
    assert {m: True if told[m] is True else told[m] for m in told} == {
        m: True if told[m] is True else own for m, own in leads.items()
    }


def comparisons_of(case):
    """The tests against doing nothing, in the first measure; None where there are none."""
    contest, measure = case.contest, case.lead_measure
    plain = Contest(
        [r for r in case.rows if (r["metric"], r["tissue"]) == measure],
        set(contest.methods),
        [measure[0]],
        case.once,
    )
    # Seeds are wanted as far as any measure shows them.
    plain.seeds = contest.seeds
    ranked = plain.complete([measure[0]])
    if "none" not in ranked or len(ranked) < 2:
        return None, measure
    return plain.against("none", measure[0], [m for m in ranked if m != "none"]), measure


def measure_name(measure):
    return " ".join(filter(None, [NAMES[measure[0]], measure[1]]))


def check_nothing(case, text):
    tests, measure = comparisons_of(case)
    if tests is None:
        assert text == ""
        return
    name = measure_name(measure)
    nonzero = max(test[1] for test in tests.values())
    able = 2.0 ** min(0, 1 - nonzero) * len(tests) <= 0.05
    ahead = {m for m, test in tests.items() if test[0] > 1e-9}
    better = {m for m, test in tests.items() if test[3] <= 0.05 and test[2] > 0}
    untested = re.fullmatch(
        rf"the mean {name} of (.+) is better than that of doing nothing \(untested\)", text
    )
    assert bool(untested) == (not able)
    wanted = ahead if untested else better
    if not untested and not better:
        assert text == f"no method is shown to be better than doing nothing in {name}"
        return
    who = (
        untested[1]
        if untested
        else re.fullmatch(
            rf"(.+) (?:is|are) shown to be better than doing nothing in {name}", text
        )[1]
    )
    counted = re.fullmatch(r"(\d+) of (\d+) methods", who)
    if counted:
        assert (int(counted[1]), int(counted[2])) == (len(wanted), len(tests))
    elif who == "no method":
        assert not wanted
    else:
        assert named(who, tests) == wanted


def check_detail(case, text):
    for pattern, check in CHECKS.items():
        found = re.fullmatch(pattern, text)
        if found:
            check(case, *found.groups())
            return
    pytest.fail(f"a sentence that nobody checks: {text}")


def check_lack(case, who, lacking, wanted, places):
    contest = case.contest if who in map(label, case.contest.methods) else case.apart
    (method,) = named(who, contest.methods)
    missing = contest.missing(method, contest.criteria)
    total = sum(
        len(contest.wanted(method, m)) for c in contest.criteria for m in contest.measures(c)
    )
    assert (int(lacking), int(wanted)) == (len(missing), total)
    assert missing
    assert method not in contest.complete(contest.criteria)
    axes = {
        "fold": lambda unit: str(unit[0]),
        "training seed": lambda unit: str(unit[1]),
        "direction": lambda unit: f"{unit[2]} → {unit[3]}",
        "subject": lambda unit: unit[4],
    }
    # Everything that is missing lies where it is said to.
    for place in re.findall(r"[^;]+", (places or "")[9:-1]):
        counted = re.fullmatch(r" ?(\d+) (.+)s", place)
        noun = next(name for name in axes if name in place)
        listed = place.partition(noun)[2]
        there = {axes[noun](unit) for _, unit in missing}
        if counted:
            assert int(counted[1]) == len(there)
        else:
            assert set(re.split(r", | and ", listed.removeprefix("s").strip())) == there


def check_worse(case, who, name):
    tests, measure = comparisons_of(case)
    assert measure_name(measure) == name
    assert named(who, tests) == {m for m, t in tests.items() if t[3] <= 0.05 and t[2] < 0}


def wins(case):
    """Directions in which a method's mean is better than that of doing nothing, of how many."""
    contest, measure = case.contest, case.lead_measure
    found = {}
    for method in (m for m in contest.methods if m != "none"):
        won = of = 0
        for direction in sorted({(r["source"], r["target"]) for r in case.rows}):
            images = [
                {i[2]: v for i, v in contest.image_merits(m, measure).items() if i[:2] == direction}
                if (m, *measure) in contest.have
                else {}
                for m in (method, "none")
            ]
            both = set(images[0]) & set(images[1])
            if both:
                one, other = (mean(own[p] for p in both) for own in images)
                won, of = won + (one > other and not same(one, other)), of + 1
        found[method] = (won, of)
    return found


def check_directions(case, name, each):
    assert name == measure_name(case.lead_measure)
    told = dict(re.findall(r"([^,]+?) in (\d+ of \d+)(?:, | and |$)", each))
    losers = {label(m): f"{w} of {of}" for m, (w, of) in wins(case).items() if w < of}
    assert told == losers


def check_untold_directions(case, name, count, of):
    losing = [m for m, (won, all_) in wins(case).items() if won < all_]
    assert (int(count), int(of)) == (len(losing), len(wins(case)))


def check_unmeasured(case):
    assert "none" not in case.contest.methods


def check_unseen(case, people, chance):
    ranked = case.contest.complete(case.contest.criteria)
    assert int(people) == len(case.contest.people(ranked))
    assert chance == f"{100 * 0.9 ** int(people):.0f}"


def check_need(case, people, pairs, needed):
    contest, ranked = case.contest, case.contest.complete(case.contest.criteria)
    assert int(people) == len(contest.people(ranked))
    assert int(pairs or 1) == comb(len(ranked), 2)
    assert 2.0 ** (1 - int(needed)) * comb(len(ranked), 2) <= 0.05
    assert 2.0 ** (2 - int(needed)) * comb(len(ranked), 2) > 0.05


def check_alone(case):
    ranked = case.contest.complete(case.contest.criteria)
    assert len(case.contest.people(ranked)) == 1


def spreads(case):
    measure = case.lead_measure
    return {
        m: case.contest.seed_spread(m, measure) if (m, *measure) in case.contest.have else None
        for m in case.contest.methods
    }


def check_spread(case, count, name, value, who):
    assert name == measure_name(case.lead_measure)
    known = {m: s for m, s in spreads(case).items() if s is not None}
    (method,) = named(who, known)
    assert known[method] == pytest.approx(max(known.values()))
    assert float(value) == pytest.approx(known[method], abs=0.0051)
    names = {*case.contest.methods, *case.apart.methods}
    assert int(count) == len({r["seed"] for r in case.rows if r["harmonizer"] in names})


def check_once(case, who):
    assert named(who, case.contest.methods) == {
        m for m, s in spreads(case).items() if s is None and m not in case.once
    }


def check_turn(case, name, who, leader):
    contest, measure = case.contest, case.lead_measure
    assert name == measure_name(measure)
    known = {m: s or 0.0 for m, s in spreads(case).items()}
    means = {}
    for method in contest.methods:
        if (method, *measure) in contest.have:
            people = {}
            for image, value in contest.image_merits(method, measure).items():
                people.setdefault(image[2], []).append(value)
            means[method] = mean(mean(v) for v in people.values())
    (first,) = named(leader, means)
    assert same(means[first], max(means.values()))
    near = {
        m
        for m, v in means.items()
        if m != first and abs(v - means[first]) <= hypot(known[m], known[first])
    }
    sure = {m for m in near if abs(means[m] - means[first]) < hypot(known[m], known[first]) - 1e-9}
    assert (
        sure
        <= named(who, means)
        <= near
        | {m for m in means if same(abs(means[m] - means[first]), hypot(known[m], known[first]))}
    )


def check_common(case, text):
    check_contest(case.apart, text)


def check_common_unranked(case, who):
    assert named(who, case.apart.methods) == set(case.apart.methods)
    assert not case.apart.criteria


NAME = "|".join(["Dice GM", "Dice WM", *NAMES.values()])  # the longest first
CHECKS = {
    r"(.+) lacks (\d+) of (\d+) scores that count( \(all of .*\))? and is not ranked\.": check_lack,
    rf"(.+) (?:is|are) shown to be worse than doing nothing in ({NAME})\.": check_worse,
    rf"Better than doing nothing by mean ({NAME}), direction by direction: (.*)\.": (
        check_directions
    ),
    rf"By their mean ({NAME}) (\d+) of (\d+) methods are not better than doing nothing in every "
    r"direction\.": check_untold_directions,
    r"Doing nothing was not measured, so nobody can say whether harmonization helped\.": (
        check_unmeasured
    ),
    r"(\d+) people do not show what befalls few: of failures in 10 % of people none would have "
    r"been seen in (\d+) % of such runs\.": check_unseen,
    r"The order of methods describes these (\d+) people and no others: an exact test at 5 %"
    r"(?:, corrected for (\d+) pairs of methods,)? can show a method ahead of another from (\d+) "
    r"people on\.": check_need,
    r"The order of methods describes this one person and nobody else\.": check_alone,
    rf"Over (\d+) training seeds the mean ({NAME}) of a method has a standard deviation of up to "
    r"(\S+) \((.+)\); differences smaller than the spread over training seeds are no findings\.": (
        check_spread
    ),
    r"(.+) (?:was|were) trained with one: (?:its|their) spread is not known\.": check_once,
    rf"In ({NAME}) (.+) (?:is|are) within the spread over seeds of (.+), which leads there: "
    r"another training could turn the order\.": check_turn,
    r"Methods to a common domain, among themselves: (.*)\.": check_common,
    r"(.+) maps? to a common domain and (?:is|are) not ranked: nothing was measured that an image "
    r"without features could not win\.": check_common_unranked,
}


def check_silence(case, verdict):
    """What must be said is: who lacks scores, what was not measured, what only describes."""
    said = "\n".join(verdict.details)
    for contest in (case.contest, case.apart):
        for method in contest.methods:
            if contest.criteria and contest.missing(method, contest.criteria):
                assert f"{label(method)} lacks " in said
    if "none" not in case.contest.methods:
        assert "Doing nothing was not measured" in said
    ranked = case.contest.complete(case.contest.criteria)
    if len(ranked) > 1 and not case.contest.can_tell(ranked):
        assert "The order of methods describes" in said
    for method in case.apart.methods:
        assert label(method) not in verdict.headline
