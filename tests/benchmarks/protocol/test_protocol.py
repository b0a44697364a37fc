"""Protocols: what comes with the package, and what is refused."""

import tomllib

import pytest
from pydantic import ValidationError

from phycharm.benchmarks.protocol.loading import load_protocol, protocol_names
from phycharm.benchmarks.protocol.protocol import Protocol
from phycharm.benchmarks.run.methods import Methods
from phycharm.errors import InputError
from phycharm.harmonizers.registry import harmonizer_names
from phycharm.utils.validation import first_problem

from support.tiny_protocols import TINY, tiny_protocol


def refusal(name):
    with pytest.raises(InputError) as error:
        load_protocol(str(name))
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_what_comes_with_the_package():
    assert set(protocol_names()) >= {"smoke", "quick", "paper"}


@pytest.mark.parametrize("name", protocol_names())
def test_every_protocol_is_complete(name):
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.summary
    assert "none" in protocol.harmonizers
    assert {"unet", "phycharm"} <= set(protocol.harmonizers) <= set(harmonizer_names())
    assert {"ssim", "psnr", "nrmse"} <= set(protocol.metrics)
    assert protocol.statistics.reference in protocol.harmonizers
    assert protocol.simulation.scanners == ("GE", "Siemens", "Philips")
    people = protocol.split.quantitative_training + protocol.split.quantitative_validation
    assert people < protocol.simulation.quantitative_subjects, "nobody is left to evaluate maps on"
    assert protocol.split.training + protocol.split.external <= protocol.simulation.subjects


def test_paper_has_the_preprints_design():
    paper = load_protocol("paper")
    assert (paper.simulation.subjects, paper.simulation.voxel_size) == (9, 0.8)
    assert (paper.split.training, paper.split.external) == (4, 5)
    assert paper.split.folds == (1, 2, 3, 4)
    assert paper.simulation.quantitative_subjects == 50
    assert (paper.split.quantitative_training, paper.split.quantitative_validation) == (20, 5)
    # The methods use the maps of the first, the case that the preprint chose; all four are its own.
    assert paper.maps.cases_of("paper") == (4, 1, 2, 3)
    assert paper.maps.cases_of("corrected") == (4,)
    # 200 epochs of 3 x 224 slices by twos; batch size and rates are those of each method's paper.
    assert paper.training == {"steps": 200 * 3 * 224 // 2}
    assert paper.maps.training == {}
    methods = Methods(paper, paper.harmonizers)
    printed = methods.make("phycharm-paper", seed=0, device="cpu")
    # No setting of the protocol takes it further from the preprint than it is by itself.
    assert printed.deviations == printed.card.deviations
    assert paper.maps.preset_of(printed.card) == "paper"
    assert paper.maps.preset_of(methods.cards["phycharm"]) == "corrected"
    # The preprint's networks learn whole images, and so do those of the GANs' papers.
    for name in ("unet", "pix2pix", "calamiti"):
        assert not methods.make(name, seed=0, device="cpu").residual


@pytest.mark.parametrize("name", protocol_names())
def test_every_trained_method_has_the_same_steps(name):
    protocol = load_protocol(name)
    methods = Methods(protocol, protocol.harmonizers)
    trained = {}
    for spec in protocol.harmonizers:
        method = methods.make(spec, seed=0, device="cpu")
        if "training" in method.settings():
            trained[spec] = (method.training or {}).get("steps")
    # The preprint as printed counts epochs, of slices that make as many steps of them.
    trained.pop("phycharm-paper", None)
    assert {"unet", "pix2pix", "calamiti", "phycharm"} <= trained.keys()
    assert set(trained.values()) == {protocol.training["steps"]}


def test_a_methods_own_epochs_replace_common_steps():
    protocol = tiny_protocol(
        training={"steps": 7, "batch_size": 4},
        settings={"unet": {"training": {"epochs": 2}}, "pix2pix": {"training": {"steps": 5}}},
    )
    methods = Methods(protocol, ["unet", "pix2pix", "calamiti"])
    assert methods.settings("unet")["training"] == {"epochs": 2, "batch_size": 4}
    assert methods.settings("pix2pix")["training"] == {"steps": 5, "batch_size": 4}
    assert methods.settings("calamiti")["training"] == {"steps": 7, "batch_size": 4}


def test_quick_has_five_external_subjects():
    quick = load_protocol("quick")
    assert (quick.split.training, quick.split.external) == (4, 5)


def test_file_of_ones_own(file):
    protocol = load_protocol(str(file(TINY)))
    assert protocol == tiny_protocol()
    assert protocol.version == 3


def test_defaults_are_filled_in_the_record():
    record = tiny_protocol().record()
    assert record["standardization"] == "p99"
    assert record["statistics"]["alpha"] == 0.05
    assert record["maps"]["cases"] == [4]
    assert record["settings"]["unet"]["features"] == [4, 4, 4, 8, 8, 4]


def test_protocol_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        tiny_protocol().name = "other"


class TestBadInput:
    @pytest.mark.parametrize(
        ("typo", "meant"), [("quik", "quick"), ("smok", "smoke"), ("papers", "paper")]
    )
    def test_unknown_name(self, typo, meant):
        assert f"did you mean {meant!r}?" in refusal(typo)

    def test_path_that_is_not_there(self, tmp_path):
        assert "absent.toml" in refusal(tmp_path / "absent.toml")

    @pytest.mark.parametrize("content", ["name = ", "= 3", "[split"])
    def test_no_toml(self, file, content):
        text = refusal(file(content))
        assert "mine.toml" in text
        assert "TOML" in text

    def test_no_text(self, tmp_path):
        path = tmp_path / "binary.toml"
        path.write_bytes(b"\x80\x81\xff")
        assert "binary.toml" in refusal(path)

    @pytest.mark.parametrize(
        ("before", "after", "named"),
        [
            ("version = 3", "", "version"),
            ("version = 3", "version = 0", "version"),
            ("version = 3", 'version = "three"', "version"),
            ('name = "tiny"', "", "name"),
            ("[split]", "[splits]", "splits"),
            ("[split]", "[simulation]\nvoxel_size = 100\n[split]", "voxel_size"),
            ("[split]", "[simulation]\nsubjects = 1\n[split]", "subjects"),
            ("folds = [1]", "fold = [1]", "fold"),
            ("training = 2", "training = -1", "training"),
            ("training = 2", 'training = ["01", "01"]', "training"),
            ("external = 1", 'external = ["03", "03"]', "external"),
            ("external = 1", 'external = "all"', "external"),
            ("seeds = [0]", "seeds = [0, 0]", "seeds"),
            ("folds = [1]", "folds = [1, 1]", "folds"),
            ('"nrmse"]', '"nrsme"]', "nrmse"),
            ('"nrmse"]', '"ssim"]', "ssim"),
            ('summary = "For tests."', 'standardization = "p98"', "p99"),
            ('summary = "For tests."', 'segmenter = "hmfr"', "hmrf"),
            ('summary = "For tests."', 'preset = "fast"', "preset"),
            ("quantitative_training = 1", "quantitative_training = 0", "quantitative_training"),
            ("epochs = 1", "epoch = 1", "epoch"),
            ("epochs = 1", "epochs = 0", "epochs"),
            ("batch_size = 8", 'schedule = "cosin"', "schedule"),
            ("[settings.unet]", "[settings.unet]\ntraining = 3", "settings"),
            ("[settings.unet]", "[settings.unet]\ntraining = false", "settings"),
            ("[maps.training]", "[maps]\ncases = [5]\n[maps.training]", "cases"),
            ("[maps.training]", "[maps.cases]\npaper = [4, 4]\n[maps.training]", "twice"),
            ("[maps.training]", "[maps.cases]\npapers = [4]\n[maps.training]", "papers"),
            ("[settings.unet]", "[settings.unett]", "unet"),
            ("harmonizers = [", 'harmonizers = ["none", ', "none"),
            ('harmonizers = ["none", "linear", "histogram", "unet", "phycharm"]',
             "harmonizers = []", "harmonizers"),
            ('"ssim", "psnr", "nrmse"', "", "metrics"),
            ("seeds = [0]", "seeds = []", "seeds"),
            ("folds = [1]", "folds = []", "folds"),
        ],
    )  # fmt: skip
    def test_values_that_make_no_sense(self, file, before, after, named):
        assert before in TINY
        text = refusal(file(TINY.replace(before, after, 1)))
        assert "mine.toml" in text
        assert named in text
        # The remedy is said, and said once.
        assert text.count("correct it") == 1
        assert text.endswith("; correct it.")

    @pytest.mark.parametrize(
        ("section", "said"),
        [
            ("[training]", "[training] epoch: "),
            ("[maps.training]", "[maps.training] epoch: "),
            ("[settings.unet.training]", '[settings."unet".training] epoch: '),
        ],
    )
    def test_plans_are_named_by_their_section(self, section, said):
        content = tomllib.loads(TINY)
        place = content
        for name in section.strip("[]").split("."):
            place = place.setdefault(name, {})
        place["epoch"] = 3
        with pytest.raises(ValidationError) as error:
            Protocol.model_validate(content)
        assert said in first_problem(error.value)


def test_atrophy_of_the_protocols_own_people(file):
    text = "name = 'mine'\nversion = 1\nsummary = 'x'\nharmonizers = ['none']\nmetrics = ['ssim']\n"
    kept = load_protocol(str(file(text + "[simulation]\natrophy = { '05' = 0.1 }\n")))
    assert kept.simulation.atrophy == {"05": 0.1}
    assert load_protocol(str(file(text))).simulation.atrophy == {}
    assert "atrophy" in refusal(file(text + "[simulation]\natrophy = { '05' = 0.7 }\n"))
