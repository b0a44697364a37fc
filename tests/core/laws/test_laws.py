"""The laws: every built-in keeps them, and each breaker is caught by its law."""

import numpy as np
import pytest
import torch

from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.harmonizers.external import accepted_settings, create_harmonizer
from phycharm.harmonizers.external.adapter import Adapter
from phycharm.harmonizers.registry import harmonizer_class, harmonizer_names
from phycharm.laws import LAWS, LawResult, check_harmonizer, check_report
from phycharm.laws.law import LawBroken, LawSkipped
from phycharm.laws.phantom import TESTED, TRAINING, Phantom
from phycharm.laws.storage_laws import agrees_on
from phycharm.laws.trial import Trial
from phycharm.physics.forward import t1w_weight

SMALL = {
    "training": {"epochs": 1, "batch_size": 16},
    "features": (4, 4, 8, 8, 8, 4),
    "base": 8,
}
SLICE_BY_SLICE = ("none", "linear", "histogram", "nyul", "unet", "pix2pix", "calamiti")
NAMES = [name for name in harmonizer_names() if not issubclass(harmonizer_class(name), Adapter)]


def outcomes(results):
    return {result.name: result.outcome for result in results}


def reason(results, name):
    return next(result.reason for result in results if result.name == name)


@pytest.mark.parametrize("name", NAMES)
def test_built_ins_keep_every_law(name):
    settings = {key: SMALL[key] for key in accepted_settings(name) if key in SMALL}
    results = check_harmonizer(name, settings=settings)
    assert [result.name for result in results] == [law.name for law in LAWS]
    assert not [result for result in results if result.failed]
    skipped = {result.name for result in results if result.outcome == "skipped"}
    allowed = {"CPU and GPU"}
    if not harmonizer_class(name).card.deterministic:
        allowed |= {"seed"}
    if name not in SLICE_BY_SLICE:
        allowed |= {"order of slices", "batch neighbours"}
    assert skipped <= allowed


@pytest.mark.parametrize(
    ("spec", "law", "said"),
    [
        ("support.outsiders:OtherShape", "keeps the grid", "shape (31, 32, 12)"),
        ("support.outsiders:DoubleFloats", "floating point", "float64 and no float32"),
        ("support.outsiders:RoundsToIntegers", "floating point", "returns int16"),
        ("support.outsiders:NotFinite", "finite", "voxels are not finite"),
        (
            "support.outsiders:FillsBackground",
            "zero outside the mask",
            "outside the mask are not 0",
        ),
        ("support.outsiders:WritesIntoInput", "leaves its input alone", "harmonize changes"),
        ("support.outsiders:WritesIntoMask", "leaves its input alone", "harmonize changes"),
        ("support.outsiders:WritesIntoTraining", "leaves its input alone", "fit changes"),
        ("support.outsiders:DrawsAnew", "same image twice", "asked twice"),
        ("support.outsiders:FitsByChance", "same fit from one seed", "fitted twice"),
        ("support.outsiders:HidesItsSeed", "seed", "with another seed"),
        ("support.outsiders:Remembers", "order of scans", "depends on what came before"),
        ("support.outsiders:HidesNeighbours", "order of slices", "shuffling the slices"),
        ("support.outsiders:BatchMinimum", "batch neighbours", "in other batches"),
        ("support.outsiders:Forgets", "saved and loaded", "the images differ"),
    ],
)
def test_each_breaker_is_caught(spec, law, said):
    results = check_harmonizer(spec)
    assert outcomes(results)[law] == "failed"
    assert said in reason(results, law)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("RoundsToIntegers", {"floating point"}),
        ("FillsBackground", {"zero outside the mask"}),
        ("FitsByChance", {"same fit from one seed"}),
        ("BatchMinimum", {"batch neighbours"}),
        ("Forgets", {"saved and loaded"}),
        ("Offset", set()),
        ("Centred", set()),
    ],
)
def test_no_other_law_is_blamed(name, broken):
    results = check_harmonizer(f"support.outsiders:{name}")
    assert {result.name for result in results if result.failed} == broken


def test_a_program_keeps_the_laws():
    results = check_harmonizer("command:cp {input} {output}")
    assert sum(result.outcome == "passed" for result in results) >= 12


def test_a_method_that_raises_is_not_asked_further():
    results = check_harmonizer("support.outsiders:Raises")
    assert results[0].failed
    assert results[0].reason.startswith("RuntimeError: nothing works today (outsiders.py line ")
    assert {result.outcome for result in results[1:]} == {"skipped"}


def test_a_method_that_quits_does_not_end_the_check():
    results = check_harmonizer("support.outsiders:Quits")
    assert results[0].failed
    assert results[0].reason.startswith("SystemExit: 3 (outsiders.py line ")
    assert {result.outcome for result in results[1:]} == {"skipped"}


def test_methods_in_three_dimensions_skip_the_laws_of_slices():
    for name, said in (("Neighbours", "does not say"), ("SaysNeighbours", "slicewise = False")):
        results = check_harmonizer(f"support.outsiders:{name}")
        assert not [result for result in results if result.failed]
        for law in ("order of slices", "batch neighbours"):
            assert outcomes(results)[law] == "skipped"
            assert said in reason(results, law)


def test_what_cannot_be_saved_skips_storage():
    results = check_harmonizer("support.outsiders:TakesNothing")
    assert outcomes(results)["saved and loaded"] == "skipped"
    assert "save(folder)" in reason(results, "saved and loaded")


def test_an_object_is_copied_and_stays_unfitted():
    harmonizer = create_harmonizer("linear")
    results = check_harmonizer(harmonizer)
    assert not [result for result in results if result.failed]
    assert harmonizer.fitted_on == {}


def test_an_object_takes_no_settings():
    with pytest.raises(InputError, match="an object has been made already"):
        check_harmonizer(create_harmonizer("linear"), settings={"a": 1})


def test_images_made_elsewhere_cannot_be_asked(tmp_path):
    image = np.random.default_rng(0).random((4, 4, 4), dtype=np.float32)
    write_volume(tmp_path / "sub-1_from-A_to-B_T1w.nii.gz", image, np.eye(4))
    with pytest.raises(InputError, match="made elsewhere"):
        check_harmonizer(f"mine=precomputed:{tmp_path}")


def test_another_device_has_to_agree():
    trial = Trial(
        create=lambda device, _: create_harmonizer("support.outsiders:Offset", device=device),
        seed=0,
        device="cpu",
    )
    assert agrees_on(trial, "cpu") == "cpu and cpu"
    broken = Trial(
        create=lambda device, _: create_harmonizer("support.outsiders:Forgets"),
        seed=0,
        device="cpu",
    )
    with pytest.raises(LawBroken, match="on cpu the image is another"):
        agrees_on(broken, "cpu")
    kept = Trial(
        create=lambda device, _: create_harmonizer("support.outsiders:TakesNothing"),
        seed=0,
        device="cpu",
    )
    with pytest.raises(LawSkipped, match="carried over"):
        agrees_on(kept, "cpu")


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["unet", "phycharm"])
def test_networks_agree_on_the_gpu(name):
    settings = {key: SMALL[key] for key in accepted_settings(name) if key in SMALL}
    assert outcomes(check_harmonizer(name, settings=settings))["CPU and GPU"] == "passed"


def test_report_has_a_line_for_every_law_and_a_count():
    results = [
        LawResult(name="finite", outcome="passed", reason="every voxel"),
        LawResult(name="order of scans", outcome="failed", reason="it depends"),
        LawResult(name="CPU and GPU", outcome="skipped", reason="no GPU"),
    ]
    assert check_report(results) == (
        "passed  finite          every voxel\n"
        "failed  order of scans  it depends\n"
        "skipped CPU and GPU     no GPU\n"
        "\n"
        "1 passed, 1 failed, 1 skipped"
    )


def test_phantoms_are_repeatable_people_on_different_scanners():
    phantom, again = Phantom(seed=3), Phantom(seed=3)
    alpha, beta, _ = phantom.scanners
    first, second = phantom.scan("A", alpha), again.scan("A", alpha)
    assert np.array_equal(first.image, second.image)
    assert not np.array_equal(first.image, Phantom(seed=4).scan("A", alpha).image)
    assert np.array_equal(first.mask, phantom.scan("A", beta).mask)
    assert np.isclose(np.percentile(first.image[first.mask], 99), 1, atol=1e-5)
    brain = first.mask
    apart = np.abs(first.image - phantom.scan("A", beta).image)[brain].mean()
    assert 0.01 < apart < 0.2
    assert not set(TRAINING) & set(TESTED)


def test_phantom_maps_explain_the_phantom_images():
    phantom = Phantom()
    person = phantom.quantitative(("Q1",)).read("Q1")
    weight = t1w_weight(
        torch.from_numpy(person.t1), phantom.scanners[0].acquisition, model="mprage"
    )
    predicted = (person.m0 * weight.numpy())[person.scan.mask]
    seen = person.scan.image[person.scan.mask]
    assert np.corrcoef(predicted, seen)[0, 1] > 0.9
