"""Tissue scores: overlaps and volumes worked by hand; who is segmented, and how often."""

import math
from collections import Counter
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pytest
from scipy.spatial import distance
from sklearn.metrics import f1_score

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.protocol.cells import Cell
from phycharm.benchmarks.protocol.protocol import Protocol
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring.controls import constant, oracle
from phycharm.benchmarks.scoring.evaluation import Evaluation
from phycharm.benchmarks.scoring.image_scorer import ImageScorer
from phycharm.benchmarks.scoring.tissue_scorer import TissueScorer
from phycharm.benchmarks.scoring.tissues import (
    TISSUE_METRICS,
    TissuesInMask,
    dice,
    soft_dice,
    tissue_scores,
    undefined_scores,
)
from phycharm.benchmarks.scoring.unsegmented import has_tissues, segmentation_failures
from phycharm.benchmarks.segmentation import TISSUES, Segmentation, Segmenter, get_segmenter
from phycharm.data.bids import BidsDataset
from phycharm.errors import InputError

from support import phantom

NAN = float("nan")


# --- overlap --------------------------------------------------------------------------------------


def regions(seed, *, share=0.3):
    rng = np.random.default_rng(seed)
    return rng.random((2, 7, 8, 9)) < share


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_dice_is_that_of_scipy_and_scikit_learn(seed, share):
    a, b = regions(seed, share=share)
    assert dice(a, b) == pytest.approx(1 - distance.dice(a.ravel(), b.ravel()), rel=1e-12)
    assert dice(a, b) == pytest.approx(f1_score(a.ravel(), b.ravel()), rel=1e-12)
    assert dice(a, b) == dice(b, a)


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [
        ([1, 1, 0, 0], [1, 0, 0, 0], 2 / 3),
        ([1, 1, 1, 0], [0, 1, 1, 1], 2 / 3),
        ([1, 0, 0, 0], [0, 1, 0, 0], 0),
        ([1, 1, 0, 0], [1, 1, 0, 0], 1),
        ([1, 0, 0, 0], [0, 0, 0, 0], 0),
        ([0, 0, 0, 0], [0, 0, 0, 0], NAN),
    ],
)
def test_overlaps_worked_by_hand(a, b, value):
    a, b = np.array(a, bool), np.array(b, bool)
    assert dice(a, b) == pytest.approx(value, nan_ok=True)
    # On fractions of 0 and 1 the soft overlap is the hard one.
    assert soft_dice(a.astype(np.float32), b.astype(np.float32)) == pytest.approx(
        value, nan_ok=True
    )


@pytest.mark.parametrize(
    ("p", "q", "value"),
    [
        ([0.5, 1, 0], [1, 0.5, 0], 2 * (0.5 + 0.5) / 3),
        ([0.2, 0.8], [0.4, 0.6], 2 * (0.2 + 0.6) / 2),
        ([0.25, 0.25], [0.75, 0.75], 2 * 0.5 / 2),
        ([0.3, 0.7], [0.3, 0.7], 1),
    ],
)
def test_soft_overlaps_worked_by_hand(p, q, value):
    p, q = np.array(p, np.float32), np.array(q, np.float32)
    assert soft_dice(p, q) == soft_dice(q, p) == pytest.approx(value, rel=1e-6)


def test_sums_over_millions_of_voxels_keep_their_digits():
    # A float32 accumulator that starts at 1e8 would not notice a single one of the others.
    p = np.full(2_000_000, 0.1, np.float32)
    p[0] = 1e8
    q = p.copy()
    q[1:] = 0.3
    wanted = 2 * (1e8 + 1999999 * 0.1) / (2e8 + 1999999 * 0.4)
    assert soft_dice(p, q) == pytest.approx(wanted, rel=1e-9)


# --- the scores of one image ----------------------------------------------------------------------


def in_mask(pve_labels, labels, fractions, voxel_ml=0.5):
    fractions = np.array(fractions, np.float32)
    return TissuesInMask(
        labels=np.array(labels, np.uint8),
        pve_labels=np.array(pve_labels, np.uint8),
        partial_volumes=fractions,
        volumes_ml=dict(zip(TISSUES, fractions.sum(1, dtype=float) * voxel_ml, strict=True)),
    )


FOUND = in_mask(
    [1, 2, 2, 3],
    [1, 2, 3, 3],
    [[0.8, 0.1, 0.0, 0.0], [0.2, 0.9, 0.6, 0.0], [0.0, 0.0, 0.4, 1.0]],
)
REFERENCE = in_mask(
    [2, 2, 3, 3],
    [2, 2, 3, 3],
    [[0.4, 0.0, 0.0, 0.0], [0.6, 1.0, 0.2, 0.0], [0.0, 0.0, 0.8, 1.0]],
)
TRUTH = np.array([[1, 0, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.5, 1]], np.float32)
BY_HAND = {
    ("dice", "CSF"): 0,
    ("dice", "GM"): 2 * 1 / 4,
    ("dice", "WM"): 2 * 1 / 3,
    ("dice_hard", "CSF"): 0,
    ("dice_hard", "GM"): 2 * 1 / 3,
    ("dice_hard", "WM"): 1,
    ("dice_pve", "CSF"): 2 * 0.4 / 1.3,
    ("dice_pve", "GM"): 2 * (0.2 + 0.9 + 0.2) / 3.5,
    ("dice_pve", "WM"): 2 * (0.4 + 1) / 3.2,
    ("dice_truth", "CSF"): 2 * 0.8 / 1.9,
    ("dice_truth", "GM"): 2 * (0.9 + 0.5) / 3.2,
    ("dice_truth", "WM"): 2 * (0.4 + 1) / 2.9,
    ("volume_difference_ml", "CSF"): 0.25,
    ("volume_difference_ml", "GM"): -0.05,
    ("volume_difference_ml", "WM"): -0.2,
    ("abs_volume_difference_ml", "CSF"): 0.25,
    ("abs_volume_difference_ml", "GM"): 0.05,
    ("abs_volume_difference_ml", "WM"): 0.2,
    ("abs_volume_difference_percent", "CSF"): 125,
    ("abs_volume_difference_percent", "GM"): 100 * 0.05 / 0.9,
    ("abs_volume_difference_percent", "WM"): 100 * 0.2 / 0.9,
}


def table(scores):
    rows = list(scores)
    assert len({row[:2] for row in rows}) == len(rows)
    return {(metric, tissue): value for metric, tissue, value in rows}


def test_scores_worked_by_hand():
    found = table(tissue_scores(FOUND, REFERENCE, TRUTH))
    assert found == pytest.approx(BY_HAND, rel=1e-5)


def test_an_image_of_the_target_itself():
    found = table(tissue_scores(REFERENCE, REFERENCE))
    for (metric, tissue), value in found.items():
        # Nobody has CSF in the reference's labels, so there is no overlap to speak of.
        empty = tissue == "CSF" and metric in ("dice", "dice_hard")
        wanted = NAN if empty else float(metric.startswith("dice"))
        assert value == pytest.approx(wanted, nan_ok=True), (metric, tissue)


def test_truth_is_scored_only_where_it_is_known():
    with_truth, without = (table(tissue_scores(FOUND, REFERENCE, truth)) for truth in (TRUTH, None))
    assert {metric for metric, _ in with_truth} == set(TISSUE_METRICS)
    assert {metric for metric, _ in without} == set(TISSUE_METRICS) - {"dice_truth"}


def test_a_tissue_that_the_target_lacks_has_no_percentage():
    lacking = replace(REFERENCE, volumes_ml={**REFERENCE.volumes_ml, "CSF": 0.0})
    found = table(tissue_scores(FOUND, lacking))
    assert math.isnan(found["abs_volume_difference_percent", "CSF"])
    assert found["volume_difference_ml", "CSF"] == pytest.approx(0.45)


@pytest.mark.parametrize("truth", [True, False])
def test_undefined_scores_stand_where_the_others_would(truth):
    undefined = table(undefined_scores(truth=truth))
    defined = table(tissue_scores(FOUND, REFERENCE, TRUTH if truth else None))
    assert undefined.keys() == defined.keys()
    assert all(math.isnan(value) for value in undefined.values())


def test_every_tissue_metric_is_in_the_catalogue_and_within_its_bounds():
    catalogue = {name: metric for name, metric in METRICS.items() if metric.group == "tissue"}
    assert set(catalogue) == set(TISSUE_METRICS)
    for (name, _), value in BY_HAND.items():
        low, high = catalogue[name].bounds
        assert (low is None or value >= low) and (high is None or value <= high)


def test_only_the_mask_is_judged():
    scan = phantom.raw_scan("01", phantom.GE)
    found = Threshold().segment(scan)
    inside = TissuesInMask.of(found, scan.mask)
    assert inside.labels.shape == (scan.mask.sum(),)
    assert inside.partial_volumes.shape == (3, scan.mask.sum())
    whole = TissuesInMask.of(found, np.ones_like(scan.mask))
    other = Threshold().segment(phantom.raw_scan("01", phantom.SIEMENS))
    # Nothing is segmented outside the mask, so the scores are those of the whole volume.
    assert table(tissue_scores(inside, TissuesInMask.of(other, scan.mask))) == table(
        tissue_scores(whole, TissuesInMask.of(other, np.ones_like(scan.mask)))
    )


# --- who is segmented -----------------------------------------------------------------------------


class Threshold(Segmenter):
    """Tissues by intensity alone; flat images have none. Remembers whom it was asked about."""

    name = "threshold"

    def __init__(self):
        self.asked = Counter()
        self.images = []

    def segment(self, scan):
        self.asked[scan.subject, scan.scanner.name] += 1
        self.images.append(scan.image)
        inside = scan.image[scan.mask]
        if inside.max() <= inside.min():
            raise InputError(f"{scan.subject}: flat.")
        low, high = np.quantile(inside, [0.3, 0.65])
        labels = np.where(scan.mask, 1 + np.digitize(scan.image, [low, high]), 0).astype(np.uint8)
        fractions = np.stack([labels == k for k in (1, 2, 3)]).astype(np.float32)
        voxel_ml = abs(np.linalg.det(scan.affine[:3, :3])) / 1000
        volumes = fractions.sum((1, 2, 3)) * voxel_ml
        return Segmentation(
            labels=labels,
            pve_labels=labels,
            partial_volumes=fractions,
            mixeltype=None,
            bias=np.ones(labels.shape, np.float32),
            volumes_ml=dict(zip(TISSUES, map(float, volumes), strict=True)),
            engine="threshold",
        )


PROTOCOL = Protocol(
    name="tissues",
    version=3,
    harmonizers=("none",),
    metrics=("psnr",),
    split={"training": 2, "external": "rest", "folds": [1]},
    scanners=("GE", "Siemens"),
)


@pytest.fixture
def data(shared_dataset):
    return RunData(BidsDataset(shared_dataset), PROTOCOL)


@pytest.fixture
def engine():
    return Threshold()


@pytest.fixture
def scorer(data, engine, tmp_path):
    return TissueScorer(data=data, segmenter=engine, scans=tmp_path / "scans")


def scans(data, subject="03"):
    return [data.cohort.scan(subject, scanner) for scanner in data.cohort.scanners]


def test_a_target_is_segmented_once_for_all_methods(data, scorer, engine, tmp_path):
    _, siemens = scans(data)
    for method in ("a", "b", "c"):
        scorer.score([siemens], [siemens], [tmp_path / method / "image"])
    # Three images and one reference.
    assert engine.asked == {("03", "Siemens"): 4}
    written = sorted(path.name for path in (tmp_path / "scans").iterdir())
    assert written == ["sub-03_ses-Siemens_pveseg.nii.gz", "sub-03_ses-Siemens_seg.nii.gz"]


def test_the_target_itself_scores_perfectly(data, scorer, tmp_path):
    ge, siemens = scans(data)
    perfect, other = scorer.score(
        [siemens, ge.with_image(ge.image)], [siemens, siemens], [tmp_path / "a", tmp_path / "b"]
    )
    assert {value for (name, _), value in table(perfect).items() if "dice" in name} == {1.0}
    assert {value for (name, _), value in table(perfect).items() if "dice" not in name} == {0.0}
    assert 0 < table(other)["dice", "GM"] < 1


def test_segmentations_are_written_on_the_grid_of_the_image(data, scorer, tmp_path):
    ge, siemens = scans(data)
    scorer.score([siemens], [siemens], [tmp_path / "deep" / "image"])
    for suffix in ("seg", "pveseg"):
        written = nibabel.load(tmp_path / "deep" / f"image_{suffix}.nii.gz")
        assert written.get_data_dtype() == np.uint8
        np.testing.assert_allclose(written.affine, ge.affine, atol=1e-5)
        found = np.asarray(written.dataobj)
        np.testing.assert_array_equal(found, Threshold().segment(siemens).labels)


def test_one_image_without_tissues_does_not_harm_the_others(data, scorer, tmp_path):
    ge, siemens = scans(data)
    flat = siemens.with_image(constant(siemens))
    names = [tmp_path / name for name in "abc"]
    first, second, third = scorer.score([siemens, flat, ge], [siemens, siemens, ge], names)
    assert all(math.isnan(value) for _, _, value in second)
    assert table(second).keys() == table(first).keys()
    assert table(first)["dice", "WM"] == table(third)["dice", "WM"] == 1
    assert not list(tmp_path.glob("b_*"))


class Crashing(Threshold):
    """Fails on chosen images, as a program that somebody else wrote may."""

    def __init__(self, error, *fatal):
        super().__init__()
        self.error = error
        self.fatal = {image.tobytes() for image in fatal}

    def segment(self, scan):
        if scan.image.tobytes() in self.fatal:
            raise self.error
        return super().segment(scan)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("03 GE: fast ended with exit code 134 (Aborted); run it."), "exit code 134"),
        (RuntimeError("Standard exception\ncaught in N4"), "RuntimeError: Standard exception caug"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_crash_of_the_engine_is_told_apart_from_an_image_without_tissues(
    data, tmp_path, error, said
):
    ge, siemens = scans(data)
    flat = siemens.with_image(constant(siemens))
    engine = Crashing(error, ge.image)
    scorer = TissueScorer(data=data, segmenter=engine, scans=tmp_path / "scans")
    names = [tmp_path / "segmentations" / name for name in "abc"]
    good, crashed, nothing = scorer.score([siemens, ge, flat], [siemens] * 3, names)
    assert table(good)["dice", "WM"] == 1
    for one in (crashed, nothing):
        assert table(one).keys() == table(good).keys()
        assert all(math.isnan(value) for _, _, value in one)
    (line,) = segmentation_failures(tmp_path)
    assert line.startswith("b: ")
    assert said in line
    assert "\n" not in line
    assert {path.name for path in names[0].parent.iterdir()} == {
        "a_seg.nii.gz", "a_pveseg.nii.gz", "b_failed.txt",
    }  # fmt: skip


def test_a_crash_on_a_common_image_names_what_was_compared(data, tmp_path):
    ge, siemens = scans(data)
    engine = Crashing(RuntimeError("died"), common(ge).image)
    scorer = TissueScorer(data=data, segmenter=engine, scans=tmp_path / "scans")
    names = [tmp_path / "segmentations" / name for name in ("from-Siemens", "from-GE")]
    images, goals = [common(siemens), common(ge)], [common(ge), common(siemens)]
    for scores in scorer.score(images, goals, names, common_domain=True):
        assert all(math.isnan(value) for _, _, value in scores)
    assert segmentation_failures(tmp_path) == [
        "from-GE: RuntimeError: died",
        "from-Siemens: the image it is compared with: RuntimeError: died",
    ]


def test_what_has_tissues_to_find(data):
    ge, siemens = scans(data)
    assert has_tissues(ge)
    assert has_tissues(common(siemens).with_image(np.maximum(common(siemens).image, 0)))
    assert not has_tissues(ge.with_image(constant(ge)))
    assert not has_tissues(ge.with_image(np.zeros_like(ge.image)))
    assert not has_tissues(ge.with_image(ge.image - np.float32(0.9)))
    assert not has_tissues(ge.with_image(np.full_like(ge.image, np.nan)))
    # Two intensities are no three tissues.
    assert not has_tissues(ge.with_image(np.where(ge.image > 0.5, 1, 0.3).astype(np.float32)))


def test_a_target_without_tissues_is_the_datasets_fault(data, scorer, tmp_path):
    _, siemens = scans(data)
    flat = siemens.with_image(constant(siemens))
    with pytest.raises(InputError, match="flat"):
        scorer.score([siemens], [flat], [tmp_path / "a"])


def test_the_truth_of_simulated_people_is_scored_in_the_mask(simulated_dataset, engine, tmp_path):
    data = RunData(BidsDataset(simulated_dataset), PROTOCOL)
    scorer = TissueScorer(data=data, segmenter=engine, scans=tmp_path / "scans")
    ge, _ = scans(data)
    (scores,) = scorer.score([ge], [ge], [tmp_path / "a"])
    found = Threshold().segment(ge)
    folder = simulated_dataset / "derivatives" / "truth" / "sub-03" / "anat"
    for index, tissue in enumerate(TISSUES):
        truth = nibabel.load(folder / f"sub-03_label-{tissue}_probseg.nii.gz")
        truth = nibabel.as_closest_canonical(truth).get_fdata()
        mine = found.partial_volumes[index]
        wanted = 2 * np.minimum(mine, truth)[ge.mask].sum() / (mine + truth)[ge.mask].sum()
        assert table(scores)["dice_truth", tissue] == pytest.approx(wanted, rel=1e-5)


def test_without_truth_there_is_no_score_of_it(data, scorer, tmp_path):
    _, siemens = scans(data)
    (scores,) = scorer.score([siemens], [siemens], [tmp_path / "a"])
    assert "dice_truth" not in {metric for metric, _, _ in scores}


# --- methods to a common domain -------------------------------------------------------------------


def common(scan):
    """Invert the contrast: like no scanner's image, so that a mix-up shows."""
    return scan.with_image(np.where(scan.mask, 1.5 - scan.image, 0).astype(np.float32))


def test_common_images_are_compared_with_each_other(data, scorer, engine, tmp_path):
    ge, siemens = scans(data)
    names = [tmp_path / "a", tmp_path / "b"]
    images = [common(siemens), common(ge)]
    found = scorer.score(images, [common(siemens), common(ge)], names, common_domain=True)
    # An image against itself; against the scans, whose contrast is the other way round, it fails.
    assert [table(one)["dice", "WM"] for one in found] == [1, 1]
    (against_scan,) = scorer.score([common(siemens)], [siemens], [tmp_path / "c"])
    assert table(against_scan)["dice", "WM"] < 0.2


@pytest.mark.parametrize("common_first", [True, False])
def test_common_images_never_become_other_methods_references(data, scorer, tmp_path, common_first):
    _, siemens = scans(data)

    def judge_common():
        scorer.score(
            [common(siemens)], [common(siemens)], [tmp_path / "common"], common_domain=True
        )

    if common_first:
        judge_common()
    (first,) = scorer.score([siemens], [siemens], [tmp_path / "a"])
    if not common_first:
        judge_common()
    (second,) = scorer.score([siemens], [siemens], [tmp_path / "b"])
    assert table(first)["dice", "WM"] == table(second)["dice", "WM"] == 1
    kept = nibabel.load(tmp_path / "scans" / "sub-03_ses-Siemens_seg.nii.gz")
    np.testing.assert_array_equal(np.asarray(kept.dataobj), Threshold().segment(siemens).labels)


def test_common_images_without_tissues_are_the_methods_fault(data, scorer, tmp_path):
    _, siemens = scans(data)
    flat = siemens.with_image(constant(siemens))
    (scores,) = scorer.score([siemens], [flat], [tmp_path / "a"], common_domain=True)
    assert all(math.isnan(value) for _, _, value in scores)


def test_negative_common_images_are_cut_like_the_judged_ones(data, scorer, engine, tmp_path):
    _, siemens = scans(data)
    lowered = siemens.with_image(siemens.image - np.float32(0.6))
    scorer.score([siemens], [lowered], [tmp_path / "a"], common_domain=True)
    assert all(image.min() >= 0 for image in engine.images)


# --- the evaluation -----------------------------------------------------------------------------

CELL = Cell(spec="none", harmonizer="none", scanners=("GE", "Siemens"), whole=True, fold=1, seed=7)


@pytest.fixture
def evaluation(data, scorer, tmp_path):
    return Evaluation(
        data=data,
        scorer=ImageScorer(metrics=("psnr",), device="cpu"),
        tissues=scorer,
        cell=CELL,
        folder=tmp_path / "cell",
    )


def scores_of(evaluation):
    found = pd.read_parquet(evaluation.folder / "scores.parquet")
    return found[found["tissue"] != ""]


def test_rows_name_everything_about_a_tissue_score(evaluation):
    evaluation.run(lambda source, target: source.image)
    found = scores_of(evaluation)
    assert set(found["protocol"]) == {"tissues"}
    assert set(found["protocol_version"]) == {3}
    assert set(found["harmonizer"]) == {"none"}
    assert set(found["seed"]) == {7}
    keys = ["split", "subject", "source", "target", "metric", "tissue"]
    assert not found.duplicated(keys).any()
    # One validation and one external person, two directions, six metrics, three tissues.
    assert len(found) == 2 * 2 * 6 * 3
    assert set(zip(found["split"], found["subject"], strict=True)) == {
        ("validation", "01"),
        ("external", "03"),
    }
    assert {path.name for path in (evaluation.folder / "segmentations").iterdir()} == {
        f"sub-{subject}_from-{a}_to-{b}_{suffix}.nii.gz"
        for subject in ("01", "03")
        for a, b in (("GE", "Siemens"), ("Siemens", "GE"))
        for suffix in ("seg", "pveseg")
    }


def test_directions_are_compared_with_their_own_target(evaluation, data):
    evaluation.run(lambda source, target: source.image)
    found = scores_of(evaluation).set_index(["subject", "source", "target", "metric", "tissue"])[
        "value"
    ]
    ge, siemens = (Threshold().segment(scan) for scan in scans(data))
    difference = siemens.volumes_ml["GM"] - ge.volumes_ml["GM"]
    place = ("volume_difference_ml", "GM")
    assert found["03", "Siemens", "GE", *place] == pytest.approx(difference)
    assert found["03", "GE", "Siemens", *place] == pytest.approx(-difference)
    wanted = 1 - distance.dice((ge.labels == 2).ravel(), (siemens.labels == 2).ravel())
    assert found["03", "GE", "Siemens", "dice", "GM"] == pytest.approx(wanted)


def test_images_are_segmented_inside_the_targets_mask_without_negative_voxels(
    evaluation, engine, data
):
    evaluation.run(lambda source, target: source.image - np.float32(0.5))
    brains = {scan.image.tobytes(): scan.mask for who in ("01", "03") for scan in scans(data, who)}
    harmonized = [image for image in engine.images if image.tobytes() not in brains]
    assert len(harmonized) == 4
    for image in harmonized:
        assert image.min() >= 0
        assert any(image[mask].any() and not image[~mask].any() for mask in brains.values())


def test_controls_frame_the_methods(evaluation):
    evaluation.run(lambda source, target: oracle(target), keep_images=False)
    perfect = scores_of(evaluation)
    assert (perfect.loc[perfect["metric"].str.startswith("dice"), "value"] == 1).all()
    assert (perfect.loc[perfect["metric"].str.contains("volume"), "value"] == 0).all()
    evaluation._scores.clear()
    evaluation.run(lambda source, target: constant(target), keep_images=False)
    assert scores_of(evaluation)["value"].isna().all()


def test_a_crash_costs_one_image_its_scores_and_is_written_down(evaluation, data):
    ge, siemens = scans(data)
    # Not the scan's own image: that is segmented too, as the reference of the other direction.
    darker = ge.image * np.float32(0.9)
    fatal = np.where(siemens.mask, darker, np.float32(0))
    evaluation.tissues.segmenter = Crashing(RuntimeError("bus error"), fatal)
    evaluation.run(lambda source, target: source.image * np.float32(0.9))
    found = scores_of(evaluation)
    lost = found[found["value"].isna()]
    assert set(zip(lost["subject"], lost["source"], strict=True)) == {("03", "GE")}
    assert len(lost) == 6 * 3
    image_scores = pd.read_parquet(evaluation.folder / "scores.parquet").query("metric == 'psnr'")
    assert image_scores["value"].notna().all()
    (line,) = segmentation_failures(evaluation.folder)
    assert line == "sub-03_from-GE_to-Siemens: RuntimeError: bus error"


def test_without_engine_there_are_no_tissue_scores(evaluation, data, tmp_path):
    evaluation.tissues = None
    evaluation.run(lambda source, target: source.image)
    assert scores_of(evaluation).empty
    assert not (evaluation.folder / "segmentations").exists()


def test_the_judge_tells_the_scorer_of_a_common_domain(evaluation):
    evaluation.run(
        lambda source, target: common(source).image, reference=lambda target: common(target).image
    )
    found = scores_of(evaluation)
    inverted = found[(found["metric"] == "dice") & (found["tissue"] == "WM")]["value"]
    # Against the scans, with their contrast the other way round, these would be near zero.
    assert inverted.min() > 0.5


# --- with the real engine -------------------------------------------------------------------------


def test_the_default_engine_orders_the_controls(simulated_dataset, tmp_path):
    data = RunData(BidsDataset(simulated_dataset), PROTOCOL)
    scorer = TissueScorer(data=data, segmenter=get_segmenter("hmrf"), scans=tmp_path / "scans")
    ge, siemens = scans(data)
    images = [siemens, ge, siemens.with_image(constant(siemens))]
    same, other, flat = scorer.score(images, [siemens] * 3, [tmp_path / name for name in "abc"])
    # Batched with others, the target's own image is segmented exactly as it was alone.
    assert table(same)["dice", "GM"] == table(same)["dice_pve", "GM"] == 1
    assert 0.3 < table(other)["dice_pve", "GM"] < 1
    assert 0.3 < table(same)["dice_truth", "GM"] < 1
    assert all(math.isnan(value) for _, _, value in flat)
