"""Object stores, where an object appears as a whole and none is a link, and their buckets."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

OBJECTS = frozenset({"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "http", "https"})
GOOGLE = frozenset({"gs", "gcs"})


def is_there(files: Any, protocols: AbstractSet[str], bucket: str) -> bool:
    """Tell whether a bucket exists; where a reader may not ask for it, it counts as there.

    Args:
        files: the file system of fsspec.
        protocols: the names of its protocol.
        bucket: the name of the bucket.
    """
    if "s3" in protocols:
        return bool(files.isdir(bucket))
    if protocols.isdisjoint(GOOGLE):
        return True
    try:
        files.call("GET", "b/{}/o", bucket, maxResults=1, json_out=True)
    except FileNotFoundError:
        return False
    except Exception:  # a reader may not be allowed to list the bucket
        return True
    return True
