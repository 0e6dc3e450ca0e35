"""The URL of a shared store: what it has to name, and what people are shown of it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from cbspec.errors import ConfigError

LOCAL = frozenset({"file", "local"})
SSH = frozenset({"ssh", "sftp"})
WITHOUT_HOST = LOCAL | {"memory"}


def check(url: str) -> None:
    """Check that a URL names a place of its own; a folder's path is not looked at.

    An incomplete URL would be taken to mean another place, such as the top folder of a host.

    Raises:
        ConfigError: something is missing, or does not belong there; the message says what.
    """
    place = url.rpartition("::")[2]  # fsspec chains file systems, such as simplecache::s3://lab
    if "://" not in place:
        return
    try:
        fault = _fault(urlsplit(place), place)
    except ValueError as error:
        fault = f"is no URL: {error}"
    if fault:
        raise ConfigError(f"{without_password(url, url)}: {fault}")


def without_password(text: str, url: str) -> str:
    """Return a text without the password of a URL."""
    name, separator, _ = _place(url).rpartition("@")
    user, colon, _ = name.partition(":")
    return text.replace(f"{name}{separator}", f"{user}{separator}") if colon else text


def _place(url: str) -> str:
    """Return what stands between the scheme of a URL and its path, though the URL be malformed."""
    return url.partition("://")[2].partition("/")[0]


def _fault(parts: SplitResult, url: str) -> str:
    """Return what is wrong with a URL; empty if nothing is."""
    scheme = parts.scheme
    if not scheme:
        return "names no kind of place, such as s3://BUCKET/FOLDER"
    if "?" in url or "#" in url:
        return "has a ? or #, after which nothing belongs to the name of a place"
    if scheme in LOCAL and parts.netloc:
        return "names no whole path, such as file:///FOLDER"
    if scheme not in WITHOUT_HOST and not parts.netloc.rpartition("@")[2]:
        return "names no bucket or host"
    if scheme in SSH and not parts.path.strip("/"):
        return "names no folder: ssh://HOST/FOLDER"
    if scheme in SSH and parts.path.startswith("/~"):
        return "names no whole path: ~ has no meaning there"
    return ""
