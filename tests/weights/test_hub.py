"""Single files come from Hugging Face at a pinned commit; the real library speaks to a small server here."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import InputError, WeightsError
from whichmodel.weights import Source, WeightsRecord

ID = "small-x4"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
Left = Callable[[], list[str]]
Use = Callable[[WeightsRecord], None]

PULLER = """
import sys
from pathlib import Path
import msgspec
from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import WeightsRecord

item = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=WeightsRecord)
sys.modules["whichmodel.weights.record"].records = lambda: {item.id: item}
try:
    weights.pull(item.id, say=print)
except WeightsError as error:
    print("REFUSED", error)
"""


class Hub:
    """What the server has, what it was asked, and where it breaks off."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, str, str]] = []
        self.break_at: int | None = None
        self.address = ""


@pytest.fixture
def hub(kit: Any) -> Iterator[Hub]:
    content = Hub({f"models/{name.rpartition('/')[2]}": data for name, data in kit.CONTENT.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            content.asked.append((self.command, self.path, self.headers.get("Range", "")))
            found = re.fullmatch(rf"/some/repo/resolve/{COMMIT}/(.+)", self.path)
            data = content.files.get(found[1]) if found else None
            if data is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            begin = int((re.findall(r"\d+", self.headers.get("Range", "")) or ["0"])[0])
            self.send_response(206 if begin else 200)
            self.send_header("ETag", f'"{kit.digest(data)}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data) - begin))
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            if body:
                self.wfile.write(data[begin : content.break_at])

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    content.address = f"http://127.0.0.1:{server.server_port}"
    yield content
    server.shutdown()
    server.server_close()


@pytest.fixture
def on_hub(small: WeightsRecord, use: Use) -> WeightsRecord:
    """The small weights at Hugging Face."""
    paths = {"param": "models/small.param", "bin": "models/small.bin"}
    item = msgspec.structs.replace(small, sources=(Source(at=f"hf:some/repo@{COMMIT}", paths=paths),))
    use(item)
    return item


def pull(item: WeightsRecord, hub: Hub, tmp_path: Path, **environment: str) -> str:
    """Pull in another process, as the library reads its settings when it is imported."""
    described = tmp_path / "record.json"
    described.write_bytes(msgspec.json.encode(item))
    own = {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "hf-home"),
        "HF_HUB_DISABLE_XET": "1",
        "WHICHMODEL_CACHE": str(tmp_path / "cache"),
        "PATH": "",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", PULLER, str(described)], env=own, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_files_come_at_the_pinned_commit(
    on_hub: WeightsRecord, hub: Hub, tmp_path: Path, left: Left
) -> None:
    said = pull(on_hub, hub, tmp_path)
    assert "through huggingface_hub" in said
    assert weights.verify(ID) == []
    assert all(f"/resolve/{COMMIT}/" in path for _, path, _ in hub.asked)
    assert not any("archives" in name for name in left())
    assert not list((tmp_path / "hf-home").rglob("small.bin")), "nothing is kept twice"


def test_of_a_broken_download_what_came_whole_is_not_fetched_again(
    on_hub: WeightsRecord, hub: Hub, tmp_path: Path, left: Left
) -> None:
    hub.break_at = 2000
    said = pull(on_hub, hub, tmp_path)
    assert "REFUSED" in said
    assert "could not be fetched from Hugging Face" in said
    assert not any(name.startswith("weights/") for name in left())
    hub.break_at = None
    hub.asked.clear()
    pull(on_hub, hub, tmp_path)
    assert weights.verify(ID) == []
    assert not any("archives" in name for name in left())
    assert [path.rpartition("/")[2] for method, path, _ in hub.asked if method == "GET"] == ["small.bin"]


def test_other_content_is_refused_and_not_kept(
    on_hub: WeightsRecord, hub: Hub, tmp_path: Path, left: Left
) -> None:
    hub.files["models/small.bin"] = bytes(5000)
    said = pull(on_hub, hub, tmp_path)
    assert "is not the pinned small.bin: its sha256 is" in said
    assert not any(name.endswith("small.bin") for name in left())


def test_without_a_network_it_says_what_to_fetch(on_hub: WeightsRecord, hub: Hub, tmp_path: Path) -> None:
    said = pull(on_hub, hub, tmp_path, HF_HUB_OFFLINE="1")
    assert "could not be fetched from Hugging Face" in said
    assert COMMIT in said
    for file in on_hub.files:
        assert file.sha256 in said
        assert file.name in said
    assert f"weights pull {ID} --from FOLDER" in said
    assert str(tmp_path / "cache" / "archives") in said


def test_a_file_that_is_not_there_is_told(on_hub: WeightsRecord, hub: Hub, tmp_path: Path) -> None:
    del hub.files["models/small.bin"]
    assert "EntryNotFound" in pull(on_hub, hub, tmp_path)


def test_the_extra_is_missing(on_hub: WeightsRecord, monkeypatch: pytest.MonkeyPatch, left: Left) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "huggingface_hub" else real(name)
    )
    with pytest.raises(WeightsError, match="needs the package huggingface_hub") as refused:
        weights.pull(ID, say=lambda line: None)
    assert "pip install 'whichmodel[hf]'" in refused.value.hint
    assert set(left()) <= {"weights", "archives"}


@pytest.mark.parametrize(
    "at",
    [
        "hf:some/repo@main/model.onnx",
        "hf:some/repo@0123456/model.onnx",
        "hf:some@0123456789abcdef0123456789abcdef01234567/model.onnx",
        "pypi:--index-url==1",
        "pypi:small>=1.0",
        "npm:@some/small@latest",
        "npm:-g@1.0.0",
        "file:/etc/passwd",
        "file:../x",
        "https://example.org/x.onnx",
        "git:x",
        "",
    ],
)
def test_what_is_no_source_is_refused(at: str) -> None:
    with pytest.raises(InputError, match="is no source of weights") as refused:
        Source(at=at).check("mine.yaml")
    assert "hf:REPO@COMMIT/FILE" in refused.value.hint


def test_what_a_source_names() -> None:
    one = Source(at=f"hf:some/repo@{COMMIT}/onnx/model.onnx")
    one.check("mine.yaml")
    assert (one.kind, one.package, one.version) == ("hf", "some/repo", COMMIT)
    assert one.path("model", "other.onnx") == "onnx/model.onnx"
    scoped = Source(at="npm:@upscalerjs/esrgan-thick@1.0.0")
    assert (scoped.package, scoped.version) == ("@upscalerjs/esrgan-thick", "1.0.0")
