"""`protocols`, `doctor`, `check` and `segment`."""


def test_protocols_are_listed(call):
    code, out, _ = call("protocols")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["paper", "quick", "smoke"]


def test_doctor(call):
    code, out, _ = call("doctor")
    assert code == 0
    assert "torch" in out


def test_check_of_a_good_method(call):
    code, out, _ = call("check", "none")
    assert code == 0
    assert "fail" not in out.lower().replace("0 failed", "")


def test_segmenting_what_is_no_image(refused, tmp_path):
    path = tmp_path / "absent.nii.gz"
    assert str(path) in refused("segment", path, tmp_path / "out")
