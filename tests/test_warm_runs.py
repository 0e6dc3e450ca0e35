"""Runs of pytest in tests begin with everything imported: else each takes three times as long."""

import sys
from multiprocessing.connection import Connection

from tests.support.process import warm_server


def send_modules(sender: Connection) -> None:
    sender.send(list(sys.modules))


def test_the_server_has_imported_what_every_run_imports() -> None:
    """It finds the tests' own modules however pytest was called."""
    context = warm_server()
    receiver, sender = context.Pipe(duplex=False)

    process = context.Process(target=send_modules, args=(sender,))
    process.start()
    modules = receiver.recv()
    process.join()

    assert {"tests.support.preload", "cbspec.plugin.running", "xdist.dsession"} <= set(modules)
