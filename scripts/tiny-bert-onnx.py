"""Writes test/fixtures/tiny-bert-*-onnx: BERTs of two layers with random weights, as folders in the layout of
Transformers.js, and what they have to give (expected.json). The expected numbers come from NumPy in float64, by the formulas of
BERT (https://arxiv.org/abs/1810.04805, Transformers' modeling_bert.py), not from ONNX Runtime; the token ids from `tokenizers`.

    pip install onnx==1.23.2 numpy==2.4.6 tokenizers==0.23.3 && python scripts/tiny-bert-onnx.py test/fixtures
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

WIDTH, HEADS, LAYERS, POSITIONS, EPSILON = 16, 2, 2, 64, 1e-12
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hearth", "fire", "##place", "heart", "a", "cold", "warm", "."]
VOCABULARY = WORDS + [c for c in LETTERS if c not in WORDS] + [f"##{c}" for c in LETTERS]
TEXTS = ["hearth", "a fireplace is warm.", "cold", "a heart", "it is a cold cold day in the fireplace.", "warm."]
QUERY = "a warm hearth"
LABELS = ["calm", "glad", "sad"]

TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": w, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, w in enumerate(WORDS[:5])
    ],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        ],
        "pair": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 1}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
        ],
        "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]},
        },
    },
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {word: i for i, word in enumerate(VOCABULARY)},
    },
}


def weights(labels: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(20)
    shapes = {"words": (len(VOCABULARY), WIDTH), "positions": (POSITIONS, WIDTH), "types": (2, WIDTH), "norm.w": (WIDTH,), "norm.b": (WIDTH,)}
    for i in range(LAYERS):
        for name in "qkvo":
            shapes |= {f"{i}.{name}.w": (WIDTH, WIDTH), f"{i}.{name}.b": (WIDTH,)}
        shapes |= {f"{i}.up.w": (WIDTH, 2 * WIDTH), f"{i}.up.b": (2 * WIDTH,), f"{i}.down.w": (2 * WIDTH, WIDTH), f"{i}.down.b": (WIDTH,)}
        shapes |= {f"{i}.{norm}.{part}": (WIDTH,) for norm in ("n1", "n2") for part in "wb"}
    if labels > 0:
        shapes |= {"pool.w": (WIDTH, WIDTH), "pool.b": (WIDTH,), "class.w": (WIDTH, labels), "class.b": (labels,)}
    # Attention has to say enough for inputs to differ in what their first tokens become.
    spread = {name: 1.5 if name[2:3] in "qkvo" else 0.2 if name == "pool.w" else 0.5 for name in shapes}
    return {name: random.normal(0, spread[name], shape).astype(np.float32) for name, shape in shapes.items()}


# The reference.


def norm(x, w, b):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + EPSILON) * w + b


def reference(given: dict[str, np.ndarray], ids: list[int], types: list[int]) -> tuple[np.ndarray, np.ndarray | None]:
    """The hidden states of one input alone, and its logits where the model has labels."""
    w = {name: value.astype(np.float64) for name, value in given.items()}
    n = len(ids)
    x = norm(w["words"][ids] + w["positions"][:n] + w["types"][types], w["norm.w"], w["norm.b"])
    for i in range(LAYERS):
        q, k, v = ((x @ w[f"{i}.{c}.w"] + w[f"{i}.{c}.b"]).reshape(n, HEADS, -1).transpose(1, 0, 2) for c in "qkv")
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = ((shares / shares.sum(-1, keepdims=True)) @ v).transpose(1, 0, 2).reshape(n, WIDTH)
        x = norm(x + mixed @ w[f"{i}.o.w"] + w[f"{i}.o.b"], w[f"{i}.n1.w"], w[f"{i}.n1.b"])
        up = x @ w[f"{i}.up.w"] + w[f"{i}.up.b"]
        gelu = up * 0.5 * (1 + np.vectorize(math.erf)(up / math.sqrt(2)))
        x = norm(x + gelu @ w[f"{i}.down.w"] + w[f"{i}.down.b"], w[f"{i}.n2.w"], w[f"{i}.n2.b"])
    if "class.w" not in w:
        return x, None
    return x, np.tanh(x[0] @ w["pool.w"] + w["pool.b"]) @ w["class.w"] + w["class.b"]


# The graph.


class Graph:
    def __init__(self, given: dict[str, np.ndarray]):
        self.nodes: list[onnx.NodeProto] = []
        self.constants = [numpy_helper.from_array(value, name) for name, value in given.items()]

    def __call__(self, op: str, *inputs: str, out: str | None = None, **attributes) -> str:
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def constant(self, value, dtype) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name


def graph(given: dict[str, np.ndarray], labels: int) -> onnx.ModelProto:
    g = Graph(given)
    heads = g.constant([0, 0, HEADS, WIDTH // HEADS], np.int64)
    flat = g.constant([0, 0, WIDTH], np.int64)
    scale = g.constant(1 / math.sqrt(WIDTH // HEADS), np.float32)

    def linear(x: str, name: str) -> str:
        return g("Add", g("MatMul", x, f"{name}.w"), f"{name}.b")

    def normed(x: str, name: str, out: str | None = None) -> str:
        return g("LayerNormalization", x, f"{name}.w", f"{name}.b", out=out, axis=-1, epsilon=EPSILON)

    length = g("Gather", g("Shape", "input_ids"), g.constant(1, np.int64))
    places = g("Range", g.constant(0, np.int64), length, g.constant(1, np.int64))
    words = g("Add", g("Gather", "words", "input_ids"), g("Gather", "types", "token_type_ids"))
    x = normed(g("Add", words, g("Gather", "positions", places)), "norm")
    mask = g("Cast", g("Unsqueeze", "attention_mask", g.constant([1, 2], np.int64)), to=TensorProto.FLOAT)
    banned = g("Mul", g("Sub", g.constant(1, np.float32), mask), g.constant(-1e9, np.float32))
    for i in range(LAYERS):
        q, k, v = (g("Reshape", linear(x, f"{i}.{c}"), heads) for c in "qkv")
        q, v = (g("Transpose", one, perm=[0, 2, 1, 3]) for one in (q, v))
        scores = g("Mul", g("MatMul", q, g("Transpose", k, perm=[0, 2, 3, 1])), scale)
        mixed = g("MatMul", g("Softmax", g("Add", scores, banned), axis=-1), v)
        mixed = g("Reshape", g("Transpose", mixed, perm=[0, 2, 1, 3]), flat)
        x = normed(g("Add", x, linear(mixed, f"{i}.o")), f"{i}.n1")
        up = linear(x, f"{i}.up")
        erf = g("Erf", g("Div", up, g.constant(math.sqrt(2), np.float32)))
        gelu = g("Mul", g("Mul", up, g.constant(0.5, np.float32)), g("Add", erf, g.constant(1, np.float32)))
        x = normed(g("Add", x, linear(gelu, f"{i}.down")), f"{i}.n2", "last_hidden_state" if i == LAYERS - 1 and not labels else None)
    shape: list[str | int] = ["batch_size", "sequence_length", WIDTH]
    name = "last_hidden_state"
    if labels > 0:
        first = g("Gather", x, g.constant(0, np.int64), axis=1)
        name, shape = "logits", ["batch_size", labels]
        g("Add", g("MatMul", g("Tanh", linear(first, "pool")), "class.w"), "class.b", out=name)
    inputs = [
        helper.make_tensor_value_info(one, TensorProto.INT64, ["batch_size", "sequence_length"])
        for one in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
    made = helper.make_graph(g.nodes, "tiny-bert", inputs, outputs, g.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main(fixtures: Path) -> None:
    tokenizer = Tokenizer.from_str(json.dumps(TOKENIZER))
    kinds = {"embed": ("BertModel", 0), "rank": ("BertForSequenceClassification", 1), "classify": ("BertForSequenceClassification", len(LABELS))}
    for kind, (architecture, labels) in kinds.items():
        folder = fixtures / f"tiny-bert-{kind}-onnx"
        (folder / "onnx").mkdir(parents=True, exist_ok=True)
        given = weights(labels)
        onnx.save(graph(given, labels), folder / "onnx" / "model.onnx")
        config = {
            "architectures": [architecture],
            "model_type": "bert",
            "hidden_size": WIDTH,
            "max_position_embeddings": POSITIONS,
            "pad_token_id": 0,
            "vocab_size": len(VOCABULARY),
        }
        if kind == "rank":
            config["id2label"] = {"0": "LABEL_0"}
        if kind == "classify":
            config |= {"id2label": {str(i): label for i, label in enumerate(LABELS)}, "problem_type": "single_label_classification"}
        pairs = [(text, None) for text in TEXTS] if kind == "embed" else [(QUERY, text) for text in TEXTS]
        if kind == "classify":
            pairs += [(text, None) for text in TEXTS]
        expected = []
        for first, second in pairs:
            encoded = tokenizer.encode(first) if second is None else tokenizer.encode(first, second)
            hidden, logits = reference(given, encoded.ids, encoded.type_ids)
            told = {"text": first, "pair": second, "ids": encoded.ids, "types": encoded.type_ids}
            if logits is None:
                vectors = {"mean": hidden.mean(0), "cls": hidden[0], "last": hidden[-1]}
                told |= {name: (vector / np.linalg.norm(vector)).round(7).tolist() for name, vector in vectors.items()}
            else:
                told["logits"] = logits.round(7).tolist()
            expected.append({name: value for name, value in told.items() if value is not None})
        write(folder / "config.json", config)
        write(folder / "tokenizer.json", TOKENIZER)
        write(folder / "tokenizer_config.json", {"model_max_length": POSITIONS, "tokenizer_class": "BertTokenizer"})
        write(folder / "expected.json", expected)


def write(path: Path, value) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


main(Path(sys.argv[1]))
