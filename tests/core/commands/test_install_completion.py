"""`phycharm --install-completion` writes scripts that work, and says why where it cannot."""

import shutil
import subprocess

import pytest
from cyclopts import completion

from phycharm.commands.app import app

SCRIPTS = {
    "bash": ".local/share/bash-completion/completions/phycharm",
    "zsh": ".zsh/completions/_cyclopts_phycharm",
    "fish": ".config/fish/completions/phycharm.fish",
}
# What readline does on TAB: it sets the words and calls the function that is registered.
PRESS_TAB = """
. "$HOME/.bashrc"
registered=$(complete -p "$1")
registered=${registered#*-F }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
"${registered% *}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of nobody, without a shell's own settings."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZSH", "ZSH_CUSTOM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("shell", SCRIPTS)
def test_script_knows_every_command(home, call, shell):
    code, out, err = call("--install-completion", "--shell", shell)
    assert (code, err) == (0, "")
    script = home / SCRIPTS[shell]
    assert out.splitlines()[0] == f"Completion: {script}"
    assert f"new {shell}." in out
    text = script.read_text()
    # fish writes options without their dashes.
    assert all(name.lstrip("-") in text for name in app)


@pytest.mark.parametrize(("shell", "settings"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_shell_s_settings_keep_what_they_had_and_name_the_script_once(home, call, shell, settings):
    (home / settings).write_text("alias mine=ls\n")
    for _ in range(2):
        assert call("--install-completion", "--shell", shell)[0] == 0
    text = (home / settings).read_text()
    assert "alias mine=ls\n" in text
    # zsh loads by folder.
    folder = str((home / SCRIPTS[shell]).parent)
    assert len([line for line in text.splitlines() if folder in line]) == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["be"], {"benchmark"}),
        (["tra"], {"train", "train-maps"}),
        (["train", "unet", "--dev"], {"--device"}),
        (["train", "unet", "--device", "c"], {"cpu", "cuda"}),
    ],
)
def test_bash_completes(home, call, words, offered):
    assert call("--install-completion", "--shell", "bash")[0] == 0
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS_TAB, "tab", "phycharm", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert set(done.stdout.split()) == offered


def test_shell_that_is_not_named_is_found(home, call, monkeypatch):
    monkeypatch.setattr(completion, "detect_shell", lambda: "fish")
    assert call("--install-completion")[0] == 0
    assert (home / SCRIPTS["fish"]).is_file()


def test_shell_that_is_unknown(home, refused, monkeypatch):
    def none_found():
        raise completion.ShellDetectionError

    assert "tcsh" in refused("--install-completion", "--shell", "tcsh")
    for found in (none_found, lambda: "powershell"):
        monkeypatch.setattr(completion, "detect_shell", found)
        assert "--shell bash" in refused("--install-completion")
    assert not list(home.iterdir())


@pytest.mark.parametrize("shell", SCRIPTS)
def test_home_that_cannot_be_written(tmp_path, refused, monkeypatch, shell):
    # A file: forbidden to everybody, root included.
    home = tmp_path / "file"
    home.write_text("")
    monkeypatch.setenv("HOME", str(home))
    assert str(home) in refused("--install-completion", "--shell", shell)


def test_settings_that_cannot_be_written(home, refused):
    (home / ".bashrc").mkdir()
    assert ".bashrc" in refused("--install-completion", "--shell", "bash")
