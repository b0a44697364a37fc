"""The section on reliability: its tables hold what the statistics say, and what is missing."""

import shutil

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.statistics import volume_reliability
from phycharm.errors import InputError
from phycharm.reports.page.sections import make_sections
from phycharm.reports.results import load_results
from phycharm.reports.run.load import load_runs
from phycharm.reports.tables.reliability.accuracy_table import accuracy_tables
from phycharm.reports.tables.reliability.recovery_table import recovery_tables
from phycharm.reports.tables.reliability.travellers_table import travellers_table
from phycharm.reports.tables.reliability.volume_tables import limits_tables, signed, volume_tables

from support.volume_factory import volume_rows

LOSSES = {"05": 0.2, "06": 0.1}


def view_of(folder):
    return load_runs([folder], reference=None)[0]


def texts(table):
    return {row[0].text: [cell.text for cell in row] for row in table.rows}


@pytest.fixture
def copied(run_dir, tmp_path):
    return shutil.copytree(run_dir, tmp_path / "run")


@pytest.fixture(scope="module")
def atrophied(run_dir, tmp_path_factory):
    """The made-up run, with volumes of people of whom two have lost grey matter."""
    folder = shutil.copytree(run_dir, tmp_path_factory.mktemp("atrophy") / "run")
    gain = {"GE": 0.9, "Siemens": 1.1}

    def truth(who):
        return (700.0 + int(who)) * (1 - LOSSES.get(who, 0.0))

    def table(method, volume):
        people = ["05", "06", "07", "08", "09"]
        fixed = {"scanners": (*gain,), "losses": LOSSES, "truth": truth, "harmonizer": method}
        return volume_rows(volume, people, **fixed)

    pd.concat(
        [
            table("none", lambda who, source, target: gain[source] * truth(who)),
            table("unet", lambda who, source, target: gain[target] * truth(who)),
        ]
    ).to_parquet(folder / "volumes.parquet")
    return folder


class TestVolumes:
    def test_the_tables_hold_what_the_statistics_say(self, view):
        found = volume_reliability(view.content.volumes)
        tables = {table.name: table for table in volume_tables(view)}
        # One validation person has no reliability.
        assert set(tables) == {"reliability-GM-external", "reliability-WM-external"}
        printed = texts(tables["reliability-GM-external"])
        for method, name in (("none", "No harmonization (before)"), ("phycharm", "PhyCHarm")):
            key = ("external", method, "GM", "all")
            row = found.set_index(["split", "harmonizer", "tissue", "target"]).loc[key]
            assert printed[name][1] == "5"
            assert printed[name][2] == signed(row["icc_agreement"], 3)
            assert printed[name][4] == signed(100 * row["cv"], 2)
        assert not {"Oracle", "Blurred target"} & set(printed)

    def test_limits_are_of_the_harmonized_image_minus_the_scan(self, view):
        (table, _) = limits_tables(view)
        volumes = view.content.volumes.query("split == 'external' and tissue == 'GM'")
        volumes = volumes.query("harmonizer == 'unet' and target == 'Siemens'")
        wide = volumes.pivot_table(index="subject", columns="source", values="volume_ml")
        difference = wide["GE"] - wide["Siemens"]
        heads = [column.text for column in table.columns]
        cell = next(row for row in table.rows if row[0].text == "GE → Siemens")[
            heads.index("U-Net")
        ]
        assert cell.text == signed(difference.mean(), 1)
        low = difference.mean() - 1.96 * difference.std(ddof=1)
        assert cell.detail.startswith(signed(low, 1))

    def test_a_method_with_failed_segmentations_is_not_held_against_the_rest(self, copied):
        path = copied / "volumes.parquet"
        table = pd.read_parquet(path)
        lost = (table["subject"] == "07") & (table["harmonizer"] == "unet")
        table.loc[lost & (table["source"] == "GE"), "volume_ml"] = np.nan
        table.to_parquet(path)
        (first, _) = volume_tables(view_of(copied))
        assert texts(first)["U-Net"][1] == "4"
        assert any(note.startswith("U-Net: volumes of some people") for note in first.notes)

    def test_a_method_whose_fits_kept_none_is_named(self, copied):
        path = copied / "volumes.parquet"
        table = pd.read_parquet(path)
        table[table["harmonizer"] != "unet"].to_parquet(path)
        (first, _) = volume_tables(view_of(copied))
        assert "U-Net" not in texts(first)
        assert any("No volumes were kept of U-Net" in note for note in first.notes)


class TestScanners:
    def test_every_method_beside_chance(self, view):
        (table,) = accuracy_tables(view)
        assert table.split == "external"
        printed = texts(table)
        assert set(printed) == {"PhyCHarm", "U-Net", "No harmonization (before)"}
        assert {row[3] for row in printed.values()} == {"0.50"}
        # Two scanners: one source for a target, nothing to tell apart.
        assert {row[5] for row in printed.values()} == {"–"}
        assert printed["No harmonization (before)"][2] == "1.00"


class TestAtrophy:
    def test_losses_before_and_after(self, atrophied):
        (table,) = recovery_tables(view_of(atrophied))
        printed = texts(table)
        assert printed["U-Net"][1:] == ["2", "15.0", "15.0", "0.0", "0.0", "1.00", "0.0"]
        assert float(printed["No harmonization (before)"][5]) > 10

    def test_without_any_there_is_no_table(self, view):
        assert recovery_tables(view) == []


class TestTravellers:
    def test_a_row_per_first_measure(self, view):
        table = travellers_table(view)
        measures = [row[0].text for row in table.rows]
        assert measures[:2] == ["SSIM", "PSNR"]
        assert "Volume error in % GM" in measures
        for row in table.rows:
            assert all(" for " in cell.text for cell in row[2:])
            counts = [cell.sort for cell in row[2:]]
            assert counts == sorted(counts, reverse=True)
            assert min(counts) >= 6

    def test_the_facade_has_them_by_rival(self, run_dir):
        found = load_results(run_dir).travellers()
        assert set(found["rival"]) == {"none", "unet"}
        assert (found["travellers_low"] <= found["travellers_high"]).all()


class TestFacade:
    def test_the_tables_of_the_page(self, run_dir, atrophied):
        results = load_results(run_dir)
        assert set(results.reliability()["split"]) == {"external"}
        assert set(results.scanner_accuracy()["harmonizer"]) == {"none", "unet", "phycharm"}
        assert results.scanner_accuracy("validation").empty
        assert results.atrophy().empty
        assert set(load_results(atrophied).atrophy()["harmonizer"]) == {"none", "unet"}
        with pytest.raises(InputError, match="no split"):
            results.reliability("outer")

    def test_volumes_are_a_copy(self, run_dir):
        results = load_results(run_dir)
        volumes = results.volumes
        volumes["volume_ml"] = 0.0
        assert (results.volumes["volume_ml"] > 0).any()


class TestSection:
    def test_it_stands_on_the_page(self, view, html):
        (section,) = [s for s in make_sections(view, "r0") if s.id == "reliability"]
        names = {figure.name for figure in section.figures}
        assert names == {"reliability-volumes-external", "reliability-scanners-external"}
        assert 'id="r0-reliability"' in html

    def test_losses_are_drawn_where_there_are_any(self, atrophied):
        (section,) = [s for s in make_sections(view_of(atrophied), "r0") if s.id == "reliability"]
        assert "reliability-atrophy-external" in {figure.name for figure in section.figures}


class TestOldFolders:
    def test_they_say_what_they_lack(self, copied):
        for name in ("volumes", "features"):
            (copied / f"{name}.parquet").unlink()
        view = view_of(copied)
        said = " ".join(view.content.notes)
        assert "volumes.parquet is missing" in said
        assert "features.parquet is missing" in said
        (section,) = [s for s in make_sections(view, "r0") if s.id == "reliability"]
        # What scores alone tell is there all the same.
        assert [table.name for table in section.tables] == ["travellers"]
        assert section.figures == []
        assert load_results(copied).reliability().empty

    def test_without_tissues_no_volumes_are_missed(self, copied):
        path = copied / "scores.parquet"
        scores = pd.read_parquet(path)
        scores[scores["tissue"] == ""].to_parquet(path)
        (copied / "volumes.parquet").unlink()
        assert not [note for note in view_of(copied).content.notes if "volumes" in note]

    @pytest.mark.parametrize("name", ["volumes", "features"])
    def test_damaged_tables_are_a_note(self, copied, name):
        path = copied / f"{name}.parquet"
        path.write_bytes(path.read_bytes()[:100])
        assert any(f"{name}.parquet cannot be read" in n for n in view_of(copied).content.notes)
        pd.DataFrame({"subject": ["01"]}).to_parquet(path)
        assert any(f"{name}.parquet lacks the columns" in n for n in view_of(copied).content.notes)


def test_numbers_are_printed_without_a_minus_before_nought():
    assert [signed(v, 1) for v in (-0.01, 0.0, -1.26, 3.0)] == ["0.0", "0.0", "−1.3", "3.0"]
