"""What a process is seen to do: one observer listens at a time."""

import sys

from cbspec.fingerprint.observer import Observer


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
