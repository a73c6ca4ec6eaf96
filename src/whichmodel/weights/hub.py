"""Fetch single files from Hugging Face through huggingface_hub, which is in the extra `[hf]`.

The commit is pinned, and the user's own settings of that library apply (`HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`).
The library takes a broken connection up again by itself; files that came whole are not fetched again by the next pull.
"""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from whichmodel.domain import WeightsError
from whichmodel.weights.client import without_secrets
from whichmodel.weights.record import WeightsFile, WeightsRecord
from whichmodel.weights.source import Source

EXTRA = "pip install 'whichmodel[hf]'"
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def fetch_file(
    source: Source,
    wanted: WeightsRecord,
    file: WeightsFile,
    folder: Path,
    *,
    hint: str,
    say: Callable[[str], None],
) -> Path:
    """Download one file into a folder that keeps a broken download; its content is not checked.

    Raises:
        WeightsError: the extra is missing, or the library failed.
        OSError: the folder cannot be written.
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise WeightsError(f"{source.at} needs the package huggingface_hub", hint=f"{EXTRA}; or {hint}")
    # A count of downloads is nobody's business; the library reads this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import hf_hub_download

    path = source.path(file.role, file.path)
    say(f"fetching {path} of {source.package} ({file.size / 1e6:.1f} MB) through huggingface_hub")
    try:
        found = hf_hub_download(
            repo_id=source.package, filename=path, revision=source.version, local_dir=str(folder)
        )
    except Exception as error:  # the library's errors come from several packages
        if isinstance(error, OSError) and error.errno in _DISK:
            raise
        told = without_secrets(str(error).strip().splitlines()[0] if str(error).strip() else repr(error))[
            :300
        ]
        raise WeightsError(
            f"{wanted.id} could not be fetched from Hugging Face: {type(error).__name__} ({told})", hint=hint
        ) from error
    return Path(found)
