"""Models that were saved before revision 4 give the images that they gave."""

import numpy as np
import pytest
import torch

from phycharm.harmonizers.storage import FittedState, write_state
from phycharm.method.maps import MapsGenerator
from phycharm.method.phycharm import PhyCHarm
from phycharm.physics.mprage import mprage_signal

from support import phantom
from support.phantom import TINY_FEATURES

TRAINING = {"epochs": 1, "batch_size": 8}


@pytest.fixture(scope="module")
def generator():
    made = MapsGenerator(training=TRAINING, features=TINY_FEATURES)
    return made.fit(phantom.quantitative_cohort(("Q1",)), scanners=phantom.SCANNERS)


@pytest.fixture(scope="module")
def today(cohort, generator):
    pair = cohort.subset(subjects=["01"], scanners=[phantom.PHILIPS, phantom.SIEMENS])
    return PhyCHarm(training=TRAINING, features=TINY_FEATURES).fit(pair, maps=generator)


def saved_then(method, folder, *, preset, source_channel, model):
    """Write a model as revision 3 did: no physics among its facts, other settings."""
    state = method.state()
    facts = {key: value for key, value in state.facts.items() if key != "physics"}
    settings = {key: value for key, value in method.settings().items() if key != "inputs"}
    record = {
        "harmonizer": "phycharm",
        "revision": "3",
        "settings": settings | {"preset": preset, "source_channel": source_channel},
        "fitted_on": {"subjects": ["01"], "validation": [], "scanners": []},
        "state": facts | {"model": model},
    }
    write_state(folder, FittedState(tensors=state.tensors, facts=record))


def step_by_step(scan, target, maps, *, decay_only):
    """Equations 7 to 10 in their printed, logarithmic form, on one robust scale."""
    t1, m0 = (torch.from_numpy(volume).double() for volume in maps)

    def signal(scanner):
        known = scanner.acquisition
        return (
            m0
            * mprage_signal(
                t1.clamp(min=1),
                inversion_time=known.inversion_time,
                repetition_time=known.repetition_time,
                flip_angle=known.flip_angle,
                echo_spacing=known.echo_spacing,
                readouts=known.readouts,
            ).abs()
        )

    image, mask = torch.from_numpy(scan.image).double(), torch.from_numpy(scan.mask)
    source, wanted = signal(scan.scanner), signal(target)
    scale = image[mask].median() / source[mask].median()
    ratio = (image / (scale * source)).clamp(1e-30, 3)
    times = [scanner.acquisition.echo_time for scanner in (target, scan.scanner)]
    decayed = torch.exp(torch.log(ratio) * times[0] / times[1])
    factor = torch.where(ratio > 1, ratio, decayed) if decay_only else decayed
    made = torch.where(mask & (image > 0), scale * wanted * factor, 0.0)
    return (made / np.percentile(made[mask].numpy(), 99)).clamp(0, 3).float()


@pytest.mark.parametrize(("preset", "decay_only"), [("corrected", True), ("paper", False)])
def test_constrained_image_is_that_of_revision_3(cohort, today, tmp_path, preset, decay_only):
    saved_then(today, tmp_path, preset=preset, source_channel=True, model="mprage")
    loaded = PhyCHarm.load(tmp_path)
    scan = cohort.scan("03", phantom.PHILIPS)
    maps = today._physics.fitted_generator.predict(scan)
    made = loaded._prepare(scan, phantom.SIEMENS)
    expected = step_by_step(scan, phantom.SIEMENS, maps, decay_only=decay_only)
    torch.testing.assert_close(made[0], expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(made[1], torch.from_numpy(scan.image))
    assert not torch.allclose(made[0], today._prepare(scan, phantom.SIEMENS)[0], atol=0.02)


def test_saved_again_it_stays_what_it_is(cohort, today, tmp_path):
    saved_then(today, tmp_path / "a", preset="corrected", source_channel=True, model="mprage")
    loaded = PhyCHarm.load(tmp_path / "a")
    loaded.save(tmp_path / "b")
    scan = cohort.scan("03", phantom.PHILIPS)
    np.testing.assert_array_equal(
        PhyCHarm.load(tmp_path / "b").harmonize(scan, phantom.SIEMENS),
        loaded.harmonize(scan, phantom.SIEMENS),
    )
    assert loaded.findings == {}
