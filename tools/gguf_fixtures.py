"""Blocks of every GGUF type with the weights that the gguf package decodes, for src/formats/gguf/dequantize.test.ts.

    pip install gguf
    python tools/gguf_fixtures.py test/fixtures/ggml-types.gguf

The file is written by the package too. Tensor T holds random blocks of type T, tensor T.weights what they stand for;
entry codebook.T is the SHA-256 of the codebook of type T.
"""

import hashlib
import sys

import numpy as np
from gguf import quants
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

# where the float16 scales of a block lie
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0], "TQ2_0": [64],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_XS": [0],
    "BF16": [],
    "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0], "IQ1_S": [0], "IQ1_M": [],
    "TQ1_0": [52], "MXFP4": [], "NVFP4": [],
}  # fmt: skip
ROWS = 2
# random blocks meet some entries of a codebook only: this holds all of them, as bytes, to account
BOOKS = ["IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"]

rng = np.random.default_rng(1)
writer = GGUFWriter(sys.argv[1], "llama")
for name, halves in HALVES.items():
    kind = Type[name]
    weights, size = GGML_QUANT_SIZES[kind]
    blocks = max(1, 64 // weights)
    raw = rng.integers(0, 256, (ROWS, blocks, size), dtype=np.uint8)
    # all exponents but that of infinity, subnormal scales too
    for at in halves:
        scales = rng.integers(0, 31 << 10, (ROWS, blocks), dtype=np.uint16) | (rng.integers(0, 2, (ROWS, blocks), dtype=np.uint16) << 15)
        raw[:, :, at : at + 2] = scales.astype("<u2").view(np.uint8).reshape(ROWS, blocks, 2)
    if name == "BF16":
        raw[:, :, 1] &= 0xBF
    if name == "IQ1_M":  # its scale is spread over four words
        raw[:, :, 55] &= 0xBF
    raw = raw.reshape(ROWS, blocks * size)
    writer.add_tensor(name, raw, raw_dtype=kind)
    writer.add_tensor(f"{name}.weights", dequantize(raw, kind).astype(np.float32))
for name in BOOKS:
    book = getattr(quants, name)
    book.init_grid()
    writer.add_string(f"codebook.{name}", hashlib.sha256(book.grid.astype(np.int8).tobytes()).hexdigest())
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
