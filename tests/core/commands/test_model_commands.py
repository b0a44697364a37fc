"""`train`, `train-maps`, `harmonize` and `import-checkpoint`: models are made and used."""

import nibabel
import numpy as np
import pytest

from phycharm.commands.main import main
from phycharm.data.nifti import read_volume

from support import phantom
from support.bids_folder import mask_path, t1w_path


class TestModels:
    """Training for others and using what was trained."""

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, shared_dataset, protocol, tmp_path_factory):
        out = tmp_path_factory.mktemp("models") / "unet"
        with pytest.raises(SystemExit) as end:
            main(["train", "unet", "--dataset", str(shared_dataset), "--out", str(out),
                  "--protocol", str(protocol), "--device", "cpu"])  # fmt: skip
        assert end.value.code == 0
        return out

    def harmonize(self, run, model, source, out, *options, to="Siemens"):
        return run("harmonize", source, "--model", model, "--to", to, "-o", out, *options)

    def test_one_file(self, call, model, shared_dataset, tmp_path):
        source = t1w_path(shared_dataset, "01", "GE")
        out = tmp_path / "new" / "out.nii.gz"
        options = ["--from", "GE", "--mask", mask_path(shared_dataset, "01", "GE")]
        code, text, err = self.harmonize(call, model, source, out, *options)
        assert code == 0, err
        assert str(out) in text
        image, affine = read_volume(out)
        np.testing.assert_allclose(affine, phantom.AFFINE)
        assert image.shape == phantom.SHAPE
        assert nibabel.load(out).get_data_dtype() == np.float32

    def test_unknown_target(self, refused, model, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz",
            "--from", "GE", to="Simens",
        )  # fmt: skip
        assert "Simens" in text
        assert "Siemens" in text

    def test_source_that_is_not_named(self, refused, model, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz"
        )
        assert "--from" in text

    def test_folder_without_a_model(self, refused, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, tmp_path, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz"
        )
        assert str(tmp_path) in text
        assert "train" in text

    @pytest.mark.parametrize("content", [None, b"damaged"])
    def test_image_that_cannot_be_read(self, refused, model, tmp_path, content):
        source = tmp_path / "in.nii.gz"
        if content:
            source.write_bytes(content)
        text = self.harmonize(refused, model, source, tmp_path / "o.nii.gz", "--from", "GE")
        assert str(source) in text
        assert not (tmp_path / "o.nii.gz").exists()

    def test_place_that_cannot_be_written(
        self, refused, model, shared_dataset, tmp_path, monkeypatch
    ):
        def read_only(image, path):
            raise PermissionError(13, "Permission denied", str(path))

        # Root may write anywhere, so the refusal itself is made up.
        monkeypatch.setattr(nibabel, "save", read_only)
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz",
            "--from", "GE", "--mask", mask_path(shared_dataset, "01", "GE"),
        )  # fmt: skip
        # The name that the user gave, not that of the file that is renamed to it in the end.
        assert text.startswith(f"phycharm: {tmp_path / 'o.nii.gz'}: Permission denied")
        assert not list(tmp_path.iterdir())

    def test_checkpoint_that_is_none(self, refused, tmp_path):
        path = tmp_path / "MapG_T1.pth"
        path.write_bytes(b"not a checkpoint")
        text = refused("import-checkpoint", path, "--out", tmp_path / "model")
        assert str(path) in text
        assert not (tmp_path / "model").exists()
