import numpy as np
import pytest
from scipy import ndimage

from phycharm.errors import InputError
from phycharm.simulate.grid import ScanGrid
from phycharm.simulate.people.anatomy import CLASSES, TISSUES, Anatomy, template_anatomy
from phycharm.simulate.people.subject import make_subject
from phycharm.simulate.people.tissues import BRAIN, CORTEX, DEEP_GREY_MATTER, WHITE_MATTER

GRID = ScanGrid(voxel_size=6.0)


def volumes(subject):
    """Millilitres of each tissue."""
    return subject.fraction_maps.sum(axis=(1, 2, 3)) * subject.grid.voxel_size**3 / 1000


def test_fractions_are_those_of_a_brain(person):
    maps, mask = person.fraction_maps, person.mask
    assert maps.min() >= 0
    np.testing.assert_allclose(maps.sum(axis=0)[mask], 1, atol=1e-5)
    assert not maps[:, ~mask].any()
    fluid, grey, white = volumes(person)
    assert 100 < fluid < 400  # ml, of an adult
    assert 550 < grey < 900
    assert 350 < white < 620
    assert ndimage.label(mask)[1] == 1
    assert (ndimage.binary_fill_holes(mask) == mask).all()


def test_voxels_are_purer_than_the_templates(person):
    anatomy = template_anatomy()
    template = anatomy.fractions[:, anatomy.brain > 0].max(axis=0)
    own = person.fractions[:, person.brain].max(axis=0)
    assert (own > 0.95).mean() > (template > 0.95).mean() + 0.2


def test_relaxation_times_lie_where_the_literature_has_them(person):
    for index, tissue in enumerate(BRAIN):
        pure = person.fractions[index] > 0.9
        for values, mean, deviation in (
            (person.t1, tissue.t1, tissue.t1_deviation),
            (person.m0, tissue.m0, tissue.m0_deviation),
            (person.t2star, tissue.t2star, tissue.t2star_deviation),
        ):
            own = values[index][pure]
            assert abs(own.mean() - mean) < 2 * deviation + 0.03 * mean
            assert own.std() < 0.12 * mean


def test_truth_of_a_mixture_is_its_initial_rate(person):
    maps = person.truth_maps()
    mixed = person.mask & (person.fraction_maps.max(axis=0) < 0.6)
    x, y, z = np.argwhere(mixed)[0]
    n = GRID.oversampling
    block = np.s_[:, n * x : n * x + n, n * y : n * y + n, n * z : n * z + n]
    fine = {
        name: np.stack([person.volume(part) for part in getattr(person, name)])[block]
        for name in ("fractions", "m0", "t1", "t2star")
    }
    water = fine["fractions"] * fine["m0"]
    valid = water > 0
    for name, times in (("T1map", fine["t1"]), ("T2starmap", fine["t2star"])):
        expected = water.sum() / (water[valid] / times[valid]).sum()
        assert maps[name][x, y, z] == pytest.approx(expected, rel=1e-4)
    assert maps["M0map"][x, y, z] == pytest.approx(water.sum() / n**3, rel=1e-4)
    assert not any(data[~person.mask].any() for data in maps.values())


def test_deep_grey_matter_is_that_of_an_adult_and_lies_around_the_middle(person):
    deep, grey = person.deep_grey_map, person.fraction_maps[TISSUES.index("GM")]
    assert (deep <= grey + 1e-6).all()
    millilitres = deep.sum() * person.grid.voxel_size**3 / 1000
    assert 15 < millilitres < 40  # thalamus, putamen and caudate of both sides
    world = np.argwhere(deep > 0.5) @ person.grid.affine[:3, :3].T + person.grid.affine[:3, 3]
    assert (np.ptp(world, axis=0) < (80, 80, 60)).all()
    assert (world[:, 0] < -5).any()
    assert (world[:, 0] > 5).any()


def test_truth_shows_the_deep_grey_matter_s_own_t1(person):
    deep = person.deep_grey_map > 0.95
    own = person.t1[CLASSES.index("SGM")][person.fractions[CLASSES.index("SGM")] > 0.95]
    assert np.median(person.truth_maps()["T1map"][deep]) == pytest.approx(np.median(own), rel=0.03)
    assert WHITE_MATTER.t1 + 300 < DEEP_GREY_MATTER.t1 < CORTEX.t1 - 200


def test_a_subject_depends_on_seed_and_name_alone(person):
    again = make_subject("01", anatomy=template_anatomy(), grid=GRID, seed=3)
    for name in ("region", "brain", "fractions", "t1", "m0", "t2star"):
        np.testing.assert_array_equal(getattr(again, name), getattr(person, name))
    for other in ({"name": "02", "seed": 3}, {"name": "01", "seed": 4}):
        different = make_subject(**other, anatomy=template_anatomy(), grid=GRID)
        assert (different.mask != person.mask).mean() > 0.005


def test_a_subject_is_the_same_person_at_another_voxel_size(person):
    finer = make_subject("01", anatomy=template_anatomy(), grid=ScanGrid(voxel_size=4.0), seed=3)
    np.testing.assert_allclose(volumes(finer), volumes(person), rtol=0.07)
    grey = TISSUES.index("GM")
    centre = ndimage.center_of_mass(person.fraction_maps[grey])
    other = ndimage.center_of_mass(finer.fraction_maps[grey])
    to_mm = [
        grid.affine @ [*place, 1] for grid, place in ((person.grid, centre), (finer.grid, other))
    ]
    np.testing.assert_allclose(to_mm[0], to_mm[1], atol=0.3)


def of_seed(number, **options):
    return make_subject(
        f"{number:02d}", anatomy=template_anatomy(), grid=GRID, seed=1003, **options
    )


class TestAtrophy:
    """Against the same person without it."""

    @pytest.mark.parametrize("asked", [0.05, 0.3, 0.5])
    def test_truth_lacks_the_grey_matter_that_was_asked(self, person, asked):
        thin = make_subject("01", anatomy=template_anatomy(), grid=GRID, seed=3, atrophy=asked)
        fluid, grey, white = 1 - volumes(thin) / volumes(person)
        assert grey == pytest.approx(asked, abs=0.001)
        assert fluid < -asked / 2  # sulci and ventricles are wider by it
        assert 0 <= white < grey / 2
        np.testing.assert_array_equal(thin.mask, person.mask)

    def test_cortex_thins_and_t1_rises_where_fluid_came(self, person):
        thin = make_subject("01", anatomy=template_anatomy(), grid=GRID, seed=3, atrophy=0.2)
        came = thin.fraction_maps[0] - person.fraction_maps[0] > 0.3
        rise = thin.truth_maps()["T1map"][came] / person.truth_maps()["T1map"][came]
        assert came.sum() > 100
        assert np.median(rise) > 1.1

    def test_ventricles_widen(self, person):
        deep = ndimage.distance_transform_edt(person.mask, sampling=6.0) > 30
        before = person.fraction_maps[0][deep].sum()
        thin = make_subject("01", anatomy=template_anatomy(), grid=GRID, seed=3, atrophy=0.2)
        assert thin.fraction_maps[0][deep].sum() > 1.2 * before

    def test_more_than_there_is_to_lose(self):
        ball = np.linalg.norm(np.indices((40, 40, 40)).T - 19.5, axis=-1).T < 15
        fractions = np.zeros((4, 40, 40, 40), dtype=np.float32)
        fractions[1] = ball  # grey matter alone: nowhere is a border to fluid
        solid = Anatomy(
            name="ball",
            source="",
            fractions=fractions,
            brain=ball.astype(np.float32),
            affine=np.diag([4.0, 4.0, 4.0, 1.0]),
        )
        with pytest.raises(
            InputError, match=r"sub-01: anatomy ball cannot lose 0\.4 .* ask for less"
        ):
            make_subject("01", anatomy=solid, grid=ScanGrid(voxel_size=8.0), seed=0, atrophy=0.4)


def test_people_of_one_template_differ_in_more_than_size():
    people = [volumes(of_seed(number)) for number in range(1, 7)]
    fluid, grey, white = np.transpose(people)
    share, ratio = fluid / np.sum(people, axis=1), grey / white
    assert 0.03 < share.std() / share.mean() < 0.25
    assert 0.02 < ratio.std() / ratio.mean() < 0.12
    assert ((ratio > 1.1) & (ratio < 2.0)).all()
