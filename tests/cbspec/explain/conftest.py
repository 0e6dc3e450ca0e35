from tests.cbspec.cli.conftest import laboratory

__all__ = ["laboratory"]
