"""The test item of a claim that is on record and that no file has any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec.plugin.contents import UPHELD
from cbspec.plugin.failures import DoubtError, explained

if TYPE_CHECKING:
    from cbspec.report import Upheld


class GoneItem(pytest.Item):
    """A claim whose file is gone. It fails until its recorded verdicts are withdrawn.

    Args:
        upheld: the failed checks of these verdicts.

    Attributes:
        contents: the contents of the claim's report; see `contents.py`.
    """

    def __init__(self, *, upheld: Upheld, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.upheld = upheld
        self.contents: dict[str, str] = {}

    def runtest(self) -> None:
        from cbspec.report import encode

        self.contents = {UPHELD: encode(self.upheld)}
        raise DoubtError(self.upheld, "")

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.upheld.path), 0, f"claim {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return explained(self, excinfo) or super().repr_failure(excinfo, style)
