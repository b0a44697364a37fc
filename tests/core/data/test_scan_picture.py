"""Scans as pictures: left is left, whatever the order of the voxels."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan

from support import phantom

SHAPE = (8, 10, 6)
NASTY = "<img src=x onerror=alert(1)>"


def scan(**changes):
    """Bright at the right, the front and the top; voxels of 3, 2 and 4 mm."""
    image = np.ones(SHAPE, np.float32)
    image[4:, 4:, 2:] = 2
    mask = np.zeros(SHAPE, bool)
    mask[1:-1, 1:-1, 1:-1] = True
    affine = np.diag([3.0, 2.0, 4.0, 1.0])
    given = {"image": image, "mask": mask, "affine": affine, "scanner": phantom.GE, "subject": "7"}
    return Scan(**{**given, **changes})


def turned(own, codes):
    """The same scan with its voxels in another order."""
    change = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(own.affine), nibabel.orientations.axcodes2ornt(codes)
    )
    affine = own.affine @ nibabel.orientations.inv_ornt_aff(change, own.image.shape)
    parts = {key: nibabel.apply_orientation(getattr(own, key), change) for key in ("image", "mask")}
    return replace(own, affine=affine, **parts)


def pictures(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def corner(axes):
    """Where on the screen the bright part lies: (right?, up?)."""
    bright = np.argwhere(np.asarray(axes.images[0].get_array()) == 2).mean(axis=0)
    x, y = axes.transData.transform(bright[::-1])
    middle = axes.transAxes.transform((0.5, 0.5))
    return bool(x > middle[0]), bool(y > middle[1])


class TestPlot:
    def test_left_is_left_and_up_is_up(self):
        figure = scan().plot()
        figure.draw_without_rendering()
        assert [axes.get_title() for axes in figure.axes] == ["Sagittal", "Coronal", "Axial"]
        # The cut through the middle passes the bright corner in each plane.
        assert [corner(axes) for axes in figure.axes] == [(True, True)] * 3
        sides = [[text.get_text() for text in axes.texts] for axes in figure.axes]
        assert sides == [["P", "A"], ["L", "R"], ["L", "R"]]
        for axes in figure.axes:
            left, right = (text.get_position()[0] for text in axes.texts)
            assert left < right

    @pytest.mark.parametrize("codes", ["LPI", "ASR", "PIR", "LAS"])
    def test_the_affine_says_which_way_voxels_run(self, codes):
        for mine, theirs in zip(
            pictures(scan().plot()), pictures(turned(scan(), codes).plot()), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)

    @pytest.mark.parametrize("codes", ["RAS", "ASR"])
    def test_voxels_keep_their_proportions(self, codes):
        figure = turned(scan(), codes).plot()
        assert [axes.get_aspect() for axes in figure.axes] == [4 / 2, 4 / 3, 2 / 3]

    def test_the_mask_is_outlined_where_it_has_an_edge(self):
        assert all(axes.collections for axes in scan().plot().axes)
        for mask in (np.ones(SHAPE, bool), np.zeros(SHAPE, bool)):
            figure = scan(mask=mask).plot()
            assert not any(axes.collections for axes in figure.axes)

    def test_grey_ends_where_the_brain_does(self):
        image = scan().image.copy()
        image[0] = 1000
        (limits,) = {axes.images[0].get_clim() for axes in scan(image=image).plot().axes}
        assert limits == (0.0, 2.0)

    def test_strange_images_are_drawn_all_the_same(self):
        for image in (np.zeros(SHAPE, np.float32), np.full(SHAPE, np.nan, np.float32)):
            assert scan(image=image).plot()._repr_png_().startswith(b"\x89PNG")

    def test_names_are_no_formulas(self):
        figure = scan(subject="$\\bad").plot()
        assert figure._repr_png_().startswith(b"\x89PNG")
        assert figure.get_suptitle() == "$\\bad · GE"


class TestNotebook:
    def test_a_scan_shows_its_picture_and_its_facts(self):
        html = scan()._repr_html_()
        assert 'src="data:image/png;base64,' in html
        for fact in ("7", "GE (GE phantoms)", "3 × 2 × 4 mm", "8 × 10 × 6", "TI 450 ms"):
            assert f">{fact}" in html
        assert f">{6 * 8 * 4 * 24 / 1000:.0f} ml" in html

    def test_no_name_becomes_code(self):
        hostile = replace(phantom.GE, name=NASTY, manufacturer=NASTY)
        for shown in (
            scan(subject=NASTY, session=NASTY, scanner=hostile),
            Cohort(subjects=[NASTY], scanners=[hostile], load=None),
        ):
            html = shown._repr_html_()
            assert "<img src=x" not in html
            assert "&lt;img src=x" in html

    def test_a_cohort_shows_people_and_scanners(self, cohort):
        html = cohort._repr_html_()
        assert f"{len(cohort.subjects)} subjects" in html
        assert all(f">{scanner.name}</td>" in html for scanner in cohort.scanners)

    def test_a_dataset_shows_what_is_missing(self, dataset):
        assert "no mask" not in BidsDataset(dataset)._repr_html_()
        masks = sorted(dataset.rglob("*_mask.nii.gz"))
        masks[0].unlink()
        html = BidsDataset(str(dataset))._repr_html_()
        assert html.count(">no mask</td>") == 1

    def test_a_dataset_s_name_is_escaped(self, dataset):
        description = dataset / "dataset_description.json"
        text = description.read_text()
        name = BidsDataset(dataset).name
        description.write_text(text.replace(f'"{name}"', f'"{NASTY}"'))
        assert "<img src=x" not in BidsDataset(dataset)._repr_html_()
