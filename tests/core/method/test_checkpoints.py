"""Released checkpoints: read exactly, and the same answers as the networks themselves."""

import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import torch

from phycharm.application.apply import harmonize_inputs
from phycharm.data.intensity import percentile_99
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.method.checkpoint_file import read_checkpoint
from phycharm.method.checkpoints import PAPER_SCANNERS, import_checkpoints
from phycharm.networks.basic_unet import BasicUNet

from support import phantom
from support.released_checkpoints import FILES

GE, SIEMENS = (next(s for s in PAPER_SCANNERS if s.name == name) for name in ("GE", "Siemens"))


@pytest.fixture(scope="module")
def brain():
    """One person on a GE scanner, in its units."""
    return replace(phantom.raw_scan("07", phantom.GE, shape=(48, 56, 3)), scanner=GE)


# --- the layout -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("zipped", [True, False])
def test_weights_come_back_exactly(tmp_path, networks, name, zipped):
    torch.save(
        {FILES[name]: networks[name].state_dict(), "epoch": 499, "optimizer": {"lr": 1e-3}},
        tmp_path / name,
        _use_new_zipfile_serialization=zipped,
    )
    kind, found = read_checkpoint(tmp_path / name)
    assert kind == {"T1map": "T1", "M0map": "M0", "model": "HN"}[FILES[name]]
    wanted = networks[name].state_dict()
    assert found.keys() == wanted.keys() == BasicUNet().state_dict().keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)


def test_half_precision_is_read_as_float32(tmp_path, state):
    torch.save({"T1map": {k: v.half() for k, v in state.items()}}, tmp_path / "half.pth")
    _, found = read_checkpoint(tmp_path / "half.pth")
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}


def test_model_folder_is_safetensors_and_json(model):
    assert sorted(p.name for p in model.iterdir()) == ["harmonizer.json", "state.safetensors"]
    facts = json.loads((model / "harmonizer.json").read_text())
    assert facts["harmonizer"] == "phycharm-paper"
    assert facts["state"]["maps"]["settings"]["preset"] == "paper"
    assert facts["fitted_on"]["directions"] == [["GE", "Siemens"]]


def test_scanners_have_the_times_of_the_authors_code():
    times = {
        s.name: (s.acquisition.inversion_time, s.acquisition.repetition_time)
        for s in PAPER_SCANNERS
    }
    assert times == {"Siemens": (1200, 2400), "Philips": (1000, 1800), "GE": (450, 8.232)}
    assert [s.acquisition.echo_time for s in PAPER_SCANNERS] == [2.12, 2.12, 3.192]


# --- the same answers as the networks themselves --------------------------------------------------


def on_canvas(volume, mask):
    """Centre the field of view of every axial slice on 240 x 240, by hand; slices come first."""
    canvas = np.zeros((mask.shape[2], 1, 240, 240), np.float32)
    corners = [(size - 240) // 2 for size in mask.shape[:2]]
    here = tuple(
        slice(-corner, size - corner) for corner, size in zip(corners, mask.shape[:2], strict=True)
    )
    canvas[:, 0, here[0], here[1]] = volume.transpose(2, 0, 1)
    return torch.from_numpy(canvas), here


def run(network, volume, mask):
    slices, here = on_canvas(volume, mask)
    with torch.no_grad():
        found = network(slices).numpy()[:, 0, here[0], here[1]]
    return np.where(mask, found.transpose(1, 2, 0), 0)


def test_maps_are_the_networks_outputs_in_their_units(model, networks, brain):
    scan = percentile_99(brain)
    t1, m0 = load_harmonizer(model)._generator.predict(scan)
    printed = brain.image * brain.mask / np.float32(4095)
    expected = {
        name: run(networks[name], printed, scan.mask) for name in ("MapG_T1.pth", "MapG_M0.pth")
    }
    np.testing.assert_allclose(t1, 4095 * expected["MapG_T1.pth"], rtol=1e-4, atol=0.1)
    np.testing.assert_allclose(m0, 500 * expected["MapG_M0.pth"], rtol=1e-4, atol=0.05)
    # Neither is trivial: both vary within the brain.
    assert all(np.std(volume[scan.mask]) > 1e-3 * volume.max() for volume in (t1, m0))


def paper_weight(t1, scanner):
    """f(T1; TI, TR) of the preprint, in double precision."""
    times, t1 = scanner.acquisition, np.maximum(t1, 1)
    return np.abs(1 - 2 * np.exp(-times.inversion_time / t1) + np.exp(-times.repetition_time / t1))


def test_harmonized_image_is_the_published_pipeline_step_by_step(model, networks, brain):
    scan, mask = percentile_99(brain), brain.mask
    printed = brain.image * mask / np.float32(4095)
    t1, m0 = (
        unit * run(networks[name], printed, mask)[mask].astype(np.float64)
        for unit, name in ((4095, "MapG_T1.pth"), (500, "MapG_M0.pth"))
    )
    image = printed[mask].astype(np.float64)
    source, target = (m0 * paper_weight(t1, scanner) for scanner in (GE, SIEMENS))
    seen = (image > 0) & (m0 > 0)
    # Equations 8 to 10 with their logarithm.
    decay = np.minimum(image[seen] / source[seen], 3)
    t2_star = -GE.acquisition.echo_time / np.log(decay)
    constrained = np.zeros(mask.shape)
    decayed = np.zeros(image.shape)
    decayed[seen] = target[seen] * np.exp(-SIEMENS.acquisition.echo_time / t2_star)
    constrained[mask] = decayed
    expected = run(networks["Harm_GE_Siemens.pth"], constrained.astype(np.float32), mask)
    expected = np.where(mask, expected / np.percentile(expected[mask], 99), 0)
    found = load_harmonizer(model).harmonize(scan, SIEMENS)
    spread = np.std(expected[mask])
    assert spread > 1e-3
    assert np.abs(found - expected)[mask].max() < 0.02 * spread
    assert not found[~mask].any()


def test_files_keep_the_scale_of_the_input(model, brain, tmp_path):
    # The network answers with images over 4095.
    raw = np.where(brain.mask, brain.image, 0)
    write_volume(tmp_path / "in.nii.gz", raw, brain.affine)
    (out,) = harmonize_inputs(
        [tmp_path / "in.nii.gz"], model=model, target="Siemens", out=tmp_path / "out.nii.gz",
        device="cpu",
    )  # fmt: skip
    inside = raw > 0
    after = nibabel.load(out).get_fdata()
    assert np.percentile(after[inside], 99) == pytest.approx(
        np.percentile(raw[inside], 99), rel=1e-4
    )
    direct = load_harmonizer(model).harmonize(
        percentile_99(replace(brain, image=raw, mask=inside)), SIEMENS
    )
    assert np.corrcoef(after[inside], direct[inside])[0, 1] > 0.9999


def test_directions_without_network_are_refused(model, brain, tmp_path):
    write_volume(tmp_path / "in.nii.gz", np.where(brain.mask, brain.image, 0), brain.affine)
    options = {"model": model, "out": tmp_path / "out.nii.gz", "device": "cpu"}
    with pytest.raises(InputError, match="does not go from Siemens to GE"):
        harmonize_inputs([tmp_path / "in.nii.gz"], **options, target="GE", source="Siemens")
    with pytest.raises(InputError, match="no scanner 'Philips'"):
        harmonize_inputs([tmp_path / "in.nii.gz"], **options, target="Philips")


def test_several_directions_in_one_model(tmp_path, released, state):
    back = tmp_path / "harm_siemens_ge.pth"
    torch.save({"model": state}, back)
    import_checkpoints([*(released / name for name in FILES), back], tmp_path / "model")
    method = load_harmonizer(tmp_path / "model")
    assert method.fitted_on["directions"] == [["GE", "Siemens"], ["Siemens", "GE"]]
    found = method._networks["Siemens->GE"].state_dict()
    assert all(torch.equal(found[key], state[key]) for key in state)


# --- what is not complete -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("MapG_T1.pth", "No checkpoint of the T1 map"),
        ("MapG_M0.pth", "No checkpoint of the M0 map"),
        ("Harm_GE_Siemens.pth", "No harmonization checkpoint"),
    ],
)
def test_all_three_kinds_are_needed(tmp_path, released, missing, message):
    paths = [released / name for name in FILES if name != missing]
    with pytest.raises(InputError, match=message):
        import_checkpoints(paths, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ["Harm.pth", "GE.pth", "Harm_GE_GE.pth", "Harm_GE_Toshiba.pth"])
def test_names_that_do_not_say_the_direction(tmp_path, released, state, name):
    torch.save({"model": state}, tmp_path / name)
    paths = [released / "MapG_T1.pth", released / "MapG_M0.pth", tmp_path / name]
    with pytest.raises(InputError, match=f"{name}: the name does not end in"):
        import_checkpoints(paths, tmp_path / "model")


@pytest.mark.parametrize("name", FILES)
def test_no_network_is_given_twice(tmp_path, released, networks, name):
    again = tmp_path / f"copy_of_{name}"
    torch.save({FILES[name]: networks[name].state_dict()}, again)
    with pytest.raises(InputError, match=f"{again.name}: a second checkpoint"):
        import_checkpoints([*(released / one for one in FILES), again], tmp_path / "model")


def test_the_model_is_never_written_over_a_file(tmp_path, released):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError, match="notes: is a file"):
        import_checkpoints([released / name for name in FILES], tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"
