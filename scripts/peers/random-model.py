"""Writes a GGUF with random weights in the shape of Llama-3.2-1B, for speed alone: random-model.py SOURCE OUT [Q4_0|Q8_0].

The tokenizer, and with it the vocabulary and the chat template, is copied from SOURCE, a GGUF file.
Blocks are random bytes with a scale that keeps the weights near a trained model's: 32 weights each,
Q4_0 as f16 scale + 16 bytes, Q8_0 as f16 scale + 32 bytes (llama.cpp, ggml-common.h).
"""
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

source, out = sys.argv[1:3]
kind = GGMLQuantizationType[sys.argv[3] if len(sys.argv) > 3 else "Q4_0"]
layers, width, heads, kv_heads, inner, head = 16, 2048, 32, 8, 8192, 64
random = np.random.default_rng(1)

reader = GGUFReader(source)
writer = GGUFWriter(out, "llama")
for field in reader.fields.values():
    if field.name.startswith("tokenizer."):
        element = field.types[1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], element)
vocabulary = len(reader.fields["tokenizer.ggml.tokens"].data)

writer.add_name(f"random 1B {kind.name}")
writer.add_block_count(layers)
writer.add_context_length(131072)
writer.add_embedding_length(width)
writer.add_feed_forward_length(inner)
writer.add_head_count(heads)
writer.add_head_count_kv(kv_heads)
writer.add_rope_dimension_count(head)
writer.add_rope_freq_base(500000.0)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(vocabulary)


def matrix(name, rows, columns):
    payload = 16 if kind == GGMLQuantizationType.Q4_0 else 32
    spread = 4.6 if kind == GGMLQuantizationType.Q4_0 else 73.9
    blocks = random.integers(0, 256, (rows * columns // 32, 2 + payload), dtype=np.uint8)
    scale = np.float16(0.02 / spread)
    blocks[:, :2] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
    writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=kind)


def ones(name):
    writer.add_tensor(name, np.ones(width, dtype=np.float32))


matrix("token_embd.weight", vocabulary, width)
ones("output_norm.weight")
for layer in range(layers):
    block = f"blk.{layer}"
    ones(f"{block}.attn_norm.weight")
    ones(f"{block}.ffn_norm.weight")
    matrix(f"{block}.attn_q.weight", width, width)
    matrix(f"{block}.attn_k.weight", kv_heads * head, width)
    matrix(f"{block}.attn_v.weight", kv_heads * head, width)
    matrix(f"{block}.attn_output.weight", width, width)
    matrix(f"{block}.ffn_gate.weight", inner, width)
    matrix(f"{block}.ffn_up.weight", inner, width)
    matrix(f"{block}.ffn_down.weight", width, inner)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
