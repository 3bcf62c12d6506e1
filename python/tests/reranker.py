"""A cross-encoder of random weights, as a folder of Hugging Face's layout."""

from __future__ import annotations

import json
import string
import struct
from pathlib import Path

import numpy as np

WIDTH, HIDDEN, LAYERS, POSITIONS = 32, 64, 2, 512
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write(folder: Path) -> str:
    """Writes the folder; its tokens are single letters, digits and punctuation."""
    letters = string.ascii_lowercase + string.digits
    tokens = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    special = [{"id": i, "content": name, "special": True} for i, name in enumerate(SPECIAL)]
    cls, sep, first, second = (
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"Sequence": {"id": "B", "type_id": 1}},
    )
    end = {"SpecialToken": {"id": "[SEP]", "type_id": 1}}
    files = {
        "config.json": {
            "architectures": ["BertForSequenceClassification"],
            "model_type": "bert",
            "id2label": {"0": "LABEL_0"},
            "hidden_act": "gelu_new",
            "hidden_size": WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": 2,
            "intermediate_size": HIDDEN,
            "max_position_embeddings": POSITIONS,
            "type_vocab_size": 2,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "vocab_size": len(tokens),
        },
        "tokenizer_config.json": {"model_max_length": POSITIONS, "unk_token": "[UNK]"},
        "tokenizer.json": {
            "added_tokens": special,
            "normalizer": {
                "type": "BertNormalizer",
                "clean_text": True,
                "handle_chinese_chars": True,
                "strip_accents": None,
                "lowercase": True,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [cls, first, sep],
                "pair": [cls, first, sep, second, end],
                "special_tokens": {
                    name: {"id": name, "ids": [SPECIAL.index(name)]} for name in ("[CLS]", "[SEP]")
                },
            },
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {token: i for i, token in enumerate(tokens)},
            },
        },
    }
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    _weights(folder / "model.safetensors", _shapes(len(tokens)))
    return str(folder)


def _shapes(tokens: int) -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = {
        "embeddings.word_embeddings.weight": [tokens, WIDTH],
        "embeddings.position_embeddings.weight": [POSITIONS, WIDTH],
        "embeddings.token_type_embeddings.weight": [2, WIDTH],
    }

    def layer(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"] = list(shape)
        shapes[f"{name}.bias"] = [shape[0]]

    layer("embeddings.LayerNorm", WIDTH)
    for i in range(LAYERS):
        prefix = f"encoder.layer.{i}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            layer(f"{prefix}.attention.{part}", WIDTH, WIDTH)
        layer(f"{prefix}.attention.output.LayerNorm", WIDTH)
        layer(f"{prefix}.intermediate.dense", HIDDEN, WIDTH)
        layer(f"{prefix}.output.dense", WIDTH, HIDDEN)
        layer(f"{prefix}.output.LayerNorm", WIDTH)
    layer("pooler.dense", WIDTH, WIDTH)
    layer("classifier", 1, WIDTH)
    return shapes


def _weights(file: Path, shapes: dict[str, list[int]]) -> None:
    random = np.random.default_rng(5)
    header, data = {}, b""
    for name, shape in shapes.items():
        # The first token depends on the others only if attention has some weight.
        scale = 3 if ".attention." in name else 0.3
        values = random.normal(0, scale, shape).astype("<f4").tobytes()
        offsets = [len(data), len(data) + len(values)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        data += values
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
