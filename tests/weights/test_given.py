"""Weights that only the user can bring: checked, converted, told of, and never chosen or run unproven."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whichmodel import weights
from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, WeightsError
from whichmodel.weights.licence import ALLOW
from whichmodel.workflow.binding import runnable
from whichmodel.workflow.runs import runs

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")

GIVEN = sorted(card.name for card in cards().values() if card.weights and weights.record(card.weights).given)
BASE, SMALL = "Deblur-MSSNet-GoPro", "Deblur-MSSNet-S-GoPro"
LINK = "https://github.com/kky7/MSSNet"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def quiet(line: str) -> None:
    """Hears nothing."""


def checkpoint(
    path: Path, *, tail: float = 0.05, change: Callable[[dict[str, Any]], None] = lambda it: None
) -> Path:
    """A valid checkpoint of the small variant with random numbers, as training programs save it.

    Args:
        tail: factor of the last convolution: a small one leaves the picture nearly as it is.
    """
    import torch

    from whichmodel.networks.mssnet import MSSNet

    torch.manual_seed(5)
    with torch.no_grad():
        numbers = MSSNet("small").state_dict()
        numbers["tail3_3.weight"] *= tail
    change(numbers)
    named = {f"module.{name}": tensor for name, tensor in numbers.items()}
    torch.save({"model_state_dict": named, "optimizer_state_dict": {}, "epoch": 3, "all_step": 396}, path)
    return path


# --- without the file ---


def test_all_five_are_there_and_need_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(GIVEN) == 5
    for name in GIVEN:
        card = cards()[name]
        claim = runs(card)
        assert (claim.status, claim.link, claim.here) == ("needs-weights", LINK, False)
        assert claim.command == f"whichmodel weights pull {card.weights} --from FILE"
        assert "nobody states a licence" in claim.text


@pytest.mark.parametrize("name", GIVEN)
def test_a_run_without_it_says_everything_in_one_paragraph(
    name: str, tmp_path: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["run", name, str(photo), "-o", str(tmp_path / "out.png")]) == 2
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    for part in (
        f"its weights {cards()[name].weights} are not on this computer",  # what is missing
        LINK,  # from whom it comes
        "no licence file and nobody states one",  # its licence state
        f"whichmodel weights pull {cards()[name].weights} --from FILE",  # how it is installed
        "SRN-deblur does the same task after `whichmodel weights pull srn-deblur`",  # and meanwhile
    ):
        assert part in told
    assert not (tmp_path / "out.png").exists()


def test_what_is_on_this_computer_is_named_as_that(
    own_cache: Path, tmp_path: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = weights.record("srn-deblur")
    folder = own_cache / "weights" / record.id
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(5))
    marker = "".join(f"{file.sha256}  {file.name}\n" for file in record.files)
    marker += f"converted by {record.convert}\n{'0' * 64}  5  model.onnx\n"
    (folder / "complete").write_text(marker, encoding="utf-8")
    assert run_program(["run", BASE, str(photo), "-o", str(tmp_path / "out.png")]) == 2
    assert (
        "SRN-deblur does the same task and is on this computer: `--substitute SRN-deblur`"
        in capsys.readouterr().err
    )
    assert run_program(["plan", BASE, str(photo), "--substitute", "SRN-deblur", "--no-calibrate"]) == 0
    assert "SRN-deblur substituted for" in capsys.readouterr().out


def test_a_pull_without_the_file_says_what_to_bring(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["weights", "pull", BASE]) == 1
    told = capsys.readouterr().err
    assert "has to be given by you: the checkpoint of the base variant" in told
    assert "whichmodel weights pull mssnet-gopro --from FILE" in told


def test_they_are_never_chosen_for_a_task() -> None:
    chosen = runnable("deblurring", cards())
    assert chosen is not None
    assert chosen.name not in GIVEN


def test_the_answer_says_what_it_would_do(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = "A program named Deblur-MSSNet-GoPro took the motion blur out of a photo. How?"
    assert run_program(["ask", question, "--photo", str(photo), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    told = [line["text"] for line in answer["here"] if line["text"].partition(":")[0] in GIVEN]
    assert told
    for line in told:
        name = line.partition(":")[0]
        assert line == f"{name}: {runs(cards()[name]).text}. It would give a picture of the same size."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("given: ''", "either files or given"),
        ("convert: ''", "a source file:NAME and a converter"),
        ("source: pypi:a==1", "needs the name of its archive|a source file:NAME"),
    ],
)
def test_a_record_that_asks_for_a_file_has_all_that_it_takes(change: str, said: str) -> None:
    import re
    from importlib import resources

    from whichmodel.weights.record import read_record

    text = (resources.files("whichmodel.catalog") / "data" / "weights" / "mssnet-gopro.yaml").read_text(
        "utf-8"
    )
    assert read_record(text, where="it").given
    field = change.partition(":")[0]
    with pytest.raises(InputError, match=said):
        read_record(re.sub(rf"^{field}:.*$", change, text, flags=re.MULTILINE), where="it")


# --- with the file ---


@pytest.fixture
def pytorch() -> None:
    """Skips where the extra that brings PyTorch is not installed."""
    import importlib.util

    if importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra convert")


@pytest.mark.slow
@pytest.mark.usefixtures("pytorch")
def test_from_the_file_to_the_result(
    own_cache: Path, tmp_path: Path, photos: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: check, convert, plan, run without PyTorch, and all that is said about where it came from."""
    import torch

    from whichmodel.networks.mssnet_file import load_network
    from whichmodel.pictures import Picture, read_picture, write_picture
    from whichmodel.weights.cache import sha256_of

    given = checkpoint(tmp_path / "model_03000E.pt")
    assert run_program(["weights", "pull", SMALL, "--from", str(given)]) == 0
    told = capsys.readouterr().err
    assert "licence unknown" in told
    assert sha256_of(given) in told
    id = cards()[SMALL].weights or ""
    files = weights.installed(id)
    assert files is not None
    assert {path.name for path in files.values()} == {"model.onnx", "weights.safetensors", "origin.json"}
    assert weights.verify(id) == []
    found = weights.origin(id)
    assert found is not None
    assert (found.file, found.sha256, found.doubt) == (given.name, sha256_of(given), "")
    assert runs(cards()[SMALL]).text == f"runs now, with the weights {id} from your file model_03000E.pt"
    assert run_program(["models", "show", SMALL]) == 0
    assert "from your file model_03000E.pt" in capsys.readouterr().out

    pixels = read_picture(photos["astronaut"]).pixels[60:131, 170:243]  # sides that are no multiples
    photo = tmp_path / "photo.png"
    write_picture(Picture(np.ascontiguousarray(pixels)), photo)
    out = tmp_path / "out.png"
    assert run_program(["run", SMALL, str(photo), "-o", str(out)]) == 0
    result = read_picture(out).pixels
    assert result.shape == pixels.shape
    # What came out is what PyTorch gives for the picture brought to multiples of 16.
    network, _ = load_network(files["weights"])
    from whichmodel.runtimes.onnx import OnnxNet

    padded = np.pad(pixels, ((0, -71 % 16), (0, -73 % 16), (0, 0)), mode="edge").astype(np.float32) / 255
    with torch.no_grad():
        due = network.sharpen(torch.from_numpy(padded.transpose(2, 0, 1)[None])).numpy()[0]
    alone = OnnxNet(files["model"]).infer({"blurred": padded.transpose(2, 0, 1)[None]})["sharp"][0]
    assert np.abs(alone - due).max() < 1e-4
    wanted = np.clip(due[:, :71, :73].transpose(1, 2, 0), 0, 1) * 255
    assert np.abs(result - wanted).max() < 0.5 + 255e-4
    assert np.abs(result.astype(int) - pixels).max() > 0
    provenance = json.loads((tmp_path / "out.png.provenance.json").read_text(encoding="utf-8"))
    assert provenance["weights"][0]["source"] == f"the user's file {given.name}, sha256 {sha256_of(given)}"
    assert str(tmp_path) not in json.dumps(provenance["weights"])

    # Another file replaces it, without asking; one that does not fit leaves it as it was.
    with pytest.raises(WeightsError, match="'small', and 'base' is due"):
        weights.pull("mssnet-gopro", from_file=given, say=quiet)
    other = checkpoint(tmp_path / "init.pt", tail=1)
    said: list[str] = []
    weights.pull(id, from_file=other, say=said.append)
    assert any("changed beyond recognition" in line for line in said)
    # Numbers that were never trained are not run.
    assert runs(cards()[SMALL]).status == "needs-weights"
    assert run_program(["run", SMALL, str(photo), "-o", str(tmp_path / "no.png")]) == 2
    assert "changed beyond recognition" in capsys.readouterr().err


def shape(numbers: dict[str, Any]) -> None:
    numbers["fusion12.weight"] = numbers["fusion12.weight"][:, :10]


def missing(numbers: dict[str, Any]) -> None:
    del numbers["E2_2.csff_dec3.weight"]


def infinite(numbers: dict[str, Any]) -> None:
    numbers["tail3_1.weight"][0, 0, 0, 0] = np.inf


def untied(numbers: dict[str, Any]) -> None:
    numbers["D3_1.skip_attn2.body.1.weight"] = numbers["D3_1.skip_attn2.body.1.weight"] + 0.1


@pytest.mark.usefixtures("pytorch")
class TestFilesThatDoNotFit:
    """Refused with what is wrong; nothing is left."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (shape, "fusion12.weight has shape"),
            (missing, "missing .'E2_2.csff_dec3.weight'"),
            (infinite, "tail3_1.weight holds NaN or infinite"),
            (untied, "D3_1.skip_attn2.body.1.weight is not the slope"),
        ],
    )
    def test_numbers(
        self, change: Callable[[dict[str, Any]], None], said: str, own_cache: Path, tmp_path: Path
    ) -> None:
        given = checkpoint(tmp_path / "x.pt", change=change)
        with pytest.raises(WeightsError, match=said):
            weights.pull("mssnet-realblur-j", from_file=given, say=quiet)
        assert not list(own_cache.glob("weights/*"))

    def test_a_file_that_would_run_code(self, tmp_path: Path) -> None:
        import pickle

        class Evil:
            def __reduce__(self) -> tuple[Any, ...]:
                return print, ("this must not be printed",)

        (tmp_path / "x.pt").write_bytes(pickle.dumps(Evil()))
        with pytest.raises(WeightsError, match="something other than numbers"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)

    def test_a_file_that_unpacks_to_more_than_it_has(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.pt", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("archive/data.pkl", bytes(50_000_000))
        with pytest.raises(WeightsError, match="unpacks to 50,000,000 bytes"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)

    @pytest.mark.parametrize("content", [b"", b"no checkpoint at all"])
    def test_no_checkpoint(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "x.pt").write_bytes(content)
        with pytest.raises(WeightsError, match=r"0 bytes|is damaged"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)

    def test_other_numbers_elsewhere(self, tmp_path: Path) -> None:
        import torch

        torch.save({"epoch": 3, "weights": {"a": torch.zeros(1)}}, tmp_path / "x.pt")
        with pytest.raises(WeightsError, match="it holds epoch, weights"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)
        torch.save({"a": torch.zeros(1)}, tmp_path / "x.pt")
        with pytest.raises(WeightsError, match="of no variant"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)

    def test_a_folder_and_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="is a folder"):
            weights.pull("mssnet-gopro", from_file=tmp_path, say=quiet)
        with pytest.raises(WeightsError, match="cannot be read"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "no.pt", say=quiet)

    def test_the_rule_of_a_house_holds_for_own_files_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(ALLOW, "MIT")
        with pytest.raises(WeightsError, match="is unknown"):
            weights.pull("mssnet-gopro", from_file=tmp_path / "x.pt", say=quiet)


@pytest.mark.usefixtures("pytorch")
@pytest.mark.parametrize("nest", ["", "state_dict", "model", "params"])
@pytest.mark.parametrize("parallel", [True, False])
def test_where_programs_keep_their_numbers(nest: str, parallel: bool, tmp_path: Path) -> None:
    import torch

    from whichmodel.networks.checkpoint import read_checkpoint

    numbers = {"a.weight": torch.arange(3.0), "b": torch.ones(2)}
    named = {f"module.{name}" if parallel else name: tensor for name, tensor in numbers.items()}
    torch.save({nest: named, "epoch": 1} if nest else named, tmp_path / "x.pth")
    found = read_checkpoint(tmp_path / "x.pth")
    assert found.keys() == numbers.keys()
    assert all(torch.equal(found[name], numbers[name]) for name in numbers)
    # As old versions of PyTorch wrote it, without zip.
    torch.save({nest: named} if nest else named, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert torch.equal(read_checkpoint(tmp_path / "old.pth")["a.weight"], numbers["a.weight"])
