"""Who is segmented, when, and what a failing engine costs."""

import math

import nibabel
import numpy as np
import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring.controls import constant
from phycharm.benchmarks.scoring.tissue_scorer import TissueScorer
from phycharm.benchmarks.scoring.unsegmented import has_tissues, segmentation_failures
from phycharm.benchmarks.segmentation import TISSUES, get_segmenter
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.errors import InputError

from support.tissue_engines import PROTOCOL, Crashing, Threshold, common, scans, table

# --- who is segmented -----------------------------------------------------------------------------


def test_a_target_is_segmented_once_for_all_methods(data, scorer, engine, tmp_path):
    _, siemens = scans(data)
    for method in ("a", "b", "c"):
        scorer.score([siemens], [siemens], [tmp_path / method / "image"])
    # Three images and one reference.
    assert engine.asked == {("03", "Siemens"): 4}
    written = sorted(path.name for path in (tmp_path / "scans").iterdir())
    kinds = ("pveseg.nii.gz", "seg.nii.gz", "tissues.npz")
    assert written == [f"sub-03_ses-Siemens_{kind}" for kind in kinds]


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
    assert all(math.isnan(value) for _, _, value in second.scores)
    assert table(second).keys() == table(first).keys()
    assert table(first)["dice", "WM"] == table(third)["dice", "WM"] == 1
    assert not list(tmp_path.glob("b_*"))


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
        assert all(math.isnan(value) for _, _, value in one.scores)
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
        assert all(math.isnan(value) for _, _, value in scores.scores)
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
    assert "dice_truth" not in {metric for metric, _, _ in scores.scores}


# --- with the real engine -------------------------------------------------------------------------


def test_the_default_engine_orders_the_controls(simulated_dataset, tmp_path):
    data = RunData(BidsDataset(simulated_dataset), PROTOCOL)
    scorer = TissueScorer(data=data, segmenter=get_segmenter("hmrf"), scans=tmp_path / "scans")
    ge, siemens = scans(data)
    # As the judge has it: everybody's image in the mask of the target.
    brought = siemens.with_image(np.where(siemens.mask, ge.image, np.float32(0)))
    images = [siemens, brought, siemens.with_image(constant(siemens))]
    same, other, flat = scorer.score(images, [siemens] * 3, [tmp_path / name for name in "abc"])
    # Batched with others, the target's own image is segmented exactly as it was alone.
    assert table(same)["dice", "GM"] == table(same)["dice_pve", "GM"] == 1
    assert 0.3 < table(other)["dice_pve", "GM"] < 1
    assert 0.3 < table(same)["dice_truth", "GM"] < 1
    assert all(math.isnan(value) for _, _, value in flat.scores)
