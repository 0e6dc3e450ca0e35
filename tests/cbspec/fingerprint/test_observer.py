"""What a process is seen to do: one observer listens at a time."""

import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cbspec.fingerprint import Loaded, Watch
from cbspec.fingerprint.observer import Observer

# What a stage does -> what is seen of it besides its module
ASKED = {
    "os.path.exists(HERE / 'none')": ["lab/none"],
    "(HERE / 'there').stat()": ["lab/there"],
    "os.access(HERE / 'none', os.R_OK)": ["lab/none"],
    "os.path.isdir(HERE)": [],
    "os.path.exists('/etc/hostname')": [],
    "(HERE / 'made').exists() or (HERE / 'made').mkdir()": [],
    "(HERE / 'new').exists() or (HERE / 'new').write_text('')": [],
    "child(lambda: (HERE / 'there').read_text())": ["lab/there"],
    "child(lambda: (HERE / 'none').exists())": ["lab/none"],
    "child(lambda: (HERE / 'new').write_text(''))": [],
    "child(lambda: (os.closerange(3, 256), (HERE / 'there').read_text()))": [],
    "(HERE / 'link').read_text()": ["lab/link", "lab/there"],
    "os.listdir(HERE.parents[1] / 'away')": ["lab/"],
    "(HERE / 'mine').symlink_to('there'), (HERE / 'mine').read_text()": ["lab/there"],
    "os.link(HERE / 'there', HERE / 'same'), (HERE / 'same').read_text()": ["lab/there"],
    "open(HERE / 'there', 'r+').close()": ["lab/there"],
    "open(HERE / 'there', 'r+').write('2')": [],
    "child(lambda: open(HERE / 'there', 'r+').close())": ["lab/there"],
    "child(lambda: (HERE / 'there').open('r+').write('2'))": [],
    "(HERE / 'new').write_text(''), os.replace(HERE / 'new', HERE / 'a'), open(HERE / 'a')": [],
    "os.mkdir('new'), open('new/a', 'w'), os.rename('new', 'old'), open('old/a')": [],
    "(HERE / '.gain').read_text()": ["lab/.gain"],
    "(HERE / '.none').exists(), (HERE / '.git').read_text()": [],
    "subprocess.run(['cp', HERE / 'there', HERE / 'new']), (HERE / 'new').stat()": ["lab/there"],
    "subprocess.run(['true']), (HERE / 'there').read_text()": ["lab/there"],
    "subprocess.run(['touch', HERE / 'new']), os.listdir(HERE)": ["lab/"],
    "torch().save({}, HERE / 'new'), torch().load(HERE / 'new')": [],
    "torch().save({}, HERE / 'there'), torch().load(HERE / 'there')": [],
    "ThreadPoolExecutor().submit((HERE / 'there').read_text).result()": ["lab/there"],
}
LAB = """\
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def child(act):
    if pid := os.fork():
        os.waitpid(pid, 0)
        return
    act()
    os._exit(0)


def torch():
    return import_module("torch")


def run():
    {}
"""


@pytest.mark.parametrize("deed", ASKED)
def test_what_a_stage_asks_for_is_seen(tmp_path, monkeypatch, deed):
    """A file whose existence or size is asked, one that it could have written, a link, and whatever
    threads and forked children do, is seen; what the stage has made itself, by whatever name, and
    what lies elsewhere is not.
    """
    (tmp_path / "away").symlink_to("root/lab")
    tmp_path /= "root"
    (tmp_path / "lab").mkdir(parents=True)
    for name in ("there", ".gain", ".git"):
        (tmp_path / "lab" / name).write_text("1")
    os.utime(tmp_path / "lab" / "there", (1, 1))
    (tmp_path / "lab" / "link").symlink_to("there")
    monkeypatch.chdir(tmp_path / "lab")
    (tmp_path / "lab" / "orchard.py").write_text(LAB.format(deed))
    monkeypatch.syspath_prepend(str(tmp_path / "lab"))
    loaded = Loaded(tmp_path)
    module = import_module("orchard")

    module.run()
    seen = loaded.unlisted(Watch(tmp_path, {tmp_path / "lab" / "orchard.py": None}))
    del sys.modules["orchard"]

    assert list(seen) == ASKED[deed]


def test_functions_that_are_listened_to_keep_their_abilities():
    """Python goes on removing folders by descriptors, as it does where it finds `os.stat` able to."""
    Observer(Path("/nowhere"))

    assert {os.stat, os.access} <= os.supports_dir_fd
    assert os.stat in os.supports_fd
    assert os.stat in os.supports_follow_symlinks


def test_only_the_observer_that_began_last_listens(tmp_path, monkeypatch):
    """However many there have been, Python calls one hook, and the last one to begin hears of it."""
    hooks, add = [], sys.addaudithook
    monkeypatch.setattr(sys, "addaudithook", lambda hook: (hooks.append(hook), add(hook)))
    first, second = Observer(tmp_path), Observer(tmp_path)

    (tmp_path / "of_second").write_text("")
    first.forget()
    (tmp_path / "of_first").write_text("")

    assert len(hooks) <= 1
    assert second.written == {str(tmp_path / "of_second")}
    assert first.written == {str(tmp_path / "of_first")}
