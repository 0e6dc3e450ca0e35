"""The language server that editors ask about YAML files, spoken to over its standard input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

COMMAND = "CBSPEC_YAML_LANGUAGE_SERVER"
"""The environment variable that says where yaml-language-server lies, where PATH does not."""


def server_command() -> str | None:
    """Where the server is; None where there is none."""
    return os.environ.get(COMMAND) or shutil.which("yaml-language-server")


class YamlServer:
    """A running server; use it in a ``with`` statement."""

    def __init__(self, command: str, root: Path) -> None:
        self._process = subprocess.Popen(
            [command, "--stdio"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        self._published: dict[str, list[dict[str, Any]]] = {}
        capabilities = {"textDocument": {"publishDiagnostics": {}, "completion": {}, "hover": {}}}
        self._ask("initialize", processId=None, rootUri=root.as_uri(), capabilities=capabilities)
        self._tell("initialized")
        settings = {"yaml": {"validate": True, "completion": True, "hover": True}}
        self._tell("workspace/didChangeConfiguration", settings=settings)

    def __enter__(self) -> YamlServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def open(self, path: Path) -> list[dict[str, Any]]:
        """Open a file; the marks that the server puts into it."""
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": path.read_text()}
        self._tell("textDocument/didOpen", textDocument=document)
        while uri not in self._published:
            self._take()
        return self._published.pop(uri)

    def completions(self, path: Path, line: int, column: int) -> list[dict[str, Any]]:
        """What may stand at a place, counted from 0, of an open file."""
        return self._at("textDocument/completion", path, line, column)["items"]

    def hover(self, path: Path, line: int, column: int) -> str:
        """What is shown for the word at a place, counted from 0, of an open file."""
        return self._at("textDocument/hover", path, line, column)["contents"]["value"]

    def _at(self, method: str, path: Path, line: int, column: int) -> Any:
        position = {"line": line, "character": column}
        return self._ask(method, textDocument={"uri": path.as_uri()}, position=position)

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _take(self) -> dict[str, Any]:
        """Read one message; answer what the server asks, keep the marks that it publishes."""
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server ended"
        message = json.loads(self._process.stdout.read(length))
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            params = message["params"]
            self._published[params["uri"]] = params["diagnostics"]
        elif method and "id" in message:
            result = [None for _ in message.get("params", {}).get("items", ())] or None
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        return message
