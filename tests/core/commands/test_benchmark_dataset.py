"""`phycharm benchmark` refuses a bad dataset by its file, and keeps what was computed before."""

import shutil

import numpy as np
import pytest

from phycharm.data.nifti import read_volume, write_volume

from support.bids_folder import mask_path, t1w_path


class TestDataset:
    """Every bad dataset is told by the file, and what was computed before stays."""

    @pytest.fixture
    def told(self, refused, unchanged, protocol, dataset, finished, tmp_path):
        """Spoil the dataset, start a run in a folder with results, return what it said."""
        out = tmp_path / "run"
        shutil.copytree(finished, out)

        def run(spoil, *options, root=None):
            spoil(dataset)
            arguments = [protocol, "--dataset", root or dataset, "--out", out, *options]
            with unchanged(out):
                return refused("benchmark", *arguments)

        return run

    @staticmethod
    def change(path, function):
        image, affine = read_volume(path)
        write_volume(path, *function(image, affine))

    def test_no_dataset(self, told, tmp_path):
        text = told(lambda root: None, root=tmp_path / "typo")
        assert str(tmp_path / "typo") in text
        assert "no such folder" in text

    def test_fresh_does_not_delete_for_a_dataset_that_is_not_there(self, told, tmp_path):
        told(lambda root: None, "--fresh", root=tmp_path / "typo")

    def test_no_scanner_pair(self, told):
        def spoil(root):
            for session in ("GE", "Philips"):
                for path in root.glob(f"sub-0*/ses-{session}"):
                    shutil.rmtree(path)

        assert "no scanner pair" in told(spoil)

    def test_unequal_shapes(self, told):
        def spoil(root):
            for path in (t1w_path(root, "03", "Siemens"), mask_path(root, "03", "Siemens")):
                self.change(path, lambda image, affine: (image[1:], affine))

        text = told(spoil)
        assert "sub-03_ses-Siemens_T1w.nii.gz" in text
        assert "resample" in text

    def test_unequal_affines(self, told):
        def spoil(root):
            for path in (t1w_path(root, "03", "Siemens"), mask_path(root, "03", "Siemens")):
                self.change(path, lambda image, affine: (image, affine + np.eye(4, k=3)))

        assert "sub-03_ses-Siemens_T1w.nii.gz" in told(spoil)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_voxels_that_are_not_finite(self, told, value):
        def spoil(root):
            path = t1w_path(root, "01", "GE")
            image, affine = read_volume(path)
            image[5, 5, 5] = value
            write_volume(path, image, affine)

        assert "sub-01_ses-GE_T1w.nii.gz" in told(spoil)

    def test_constant_volume(self, told):
        text = told(
            lambda root: self.change(
                t1w_path(root, "01", "GE"), lambda image, affine: (np.ones_like(image), affine)
            )
        )
        assert "sub-01_ses-GE_T1w.nii.gz" in text

    def test_truncated_gzip(self, told):
        def spoil(root):
            path = t1w_path(root, "03", "Philips")
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

        text = told(spoil)
        assert "sub-03_ses-Philips_T1w.nii.gz" in text
        assert "again" in text

    def test_no_mask(self, told):
        text = told(lambda root: mask_path(root, "03", "Philips").unlink())
        assert "sub-03_ses-Philips_desc-brain_mask.nii.gz" in text

    def test_other_data_in_the_same_folder(self, told):
        def spoil(root):
            self.change(t1w_path(root, "01", "GE"), lambda image, affine: (image * 2, affine))

        text = told(spoil)
        assert "another configuration" in text
        assert "--fresh" in text
