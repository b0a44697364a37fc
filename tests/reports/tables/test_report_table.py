"""Tables as CSV and LaTeX: what a spreadsheet and a compiler make of data."""

import csv
import io

import pytest

from phycharm.reports.tables.table import Column, Table, TableCell, escape_latex, to_csv, to_latex


def table(*names):
    return Table(
        name="t",
        title="Scores & more",
        columns=[Column(text="Method", number=False), Column(text="SSIM ↑")],
        rows=[
            [TableCell(text=name), TableCell(text="−0.5", sort=-0.5, detail="± 0.1", best=True)]
            for name in names
        ],
        notes=["100 % measured."],
    )


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "@SUM(A1)", "-cmd|' /C calc'!A0", "\t=1"])
def test_no_name_becomes_a_formula(name):
    rows = list(csv.reader(io.StringIO(to_csv(table(name)))))
    assert rows[1][0] == f"'{name}"


def test_csv_holds_numbers_and_details_that_a_program_reads():
    rows = list(csv.reader(io.StringIO(to_csv(table('a,"b"')))))
    assert rows[0] == ["Method", "SSIM ↑", "SSIM ↑ (detail)"]
    assert rows[1] == ['a,"b"', "-0.5", "± 0.1"]
    assert float(rows[1][1]) == -0.5


def test_latex_is_escaped_and_best_is_bold():
    text = to_latex(table("a_b & 50% of $x$ \\input{/etc/passwd} #1 ~^{}"))
    assert r"a\_b \& 50\% of \$x\$ \textbackslash{}input\{/etc/passwd\} \#1" in text
    assert r"\textbf{$-$0.5} {\small $\pm$ 0.1}" in text
    assert r"\begin{tabular}{lr}" in text
    assert r"\caption{Scores \& more. 100 \% measured.}" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_every_special_character_is_escaped_once():
    assert escape_latex("\\") == r"\textbackslash{}"
    assert escape_latex("{_}") == r"\{\_\}"
