"""Decoding with onnxruntime-genai (PyPI): python genai-decode.py FOLDER MODEL_FILE CONTEXT.

Answers each line on stdin, "ROWS TOKENS STEPS", with the milliseconds of a step: so many rows that hold so many tokens each.
"""

import json, os, sys, tempfile, time
import numpy as np
import onnxruntime_genai as og

folder, file, context, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
config = json.load(open(os.path.join(folder, "config.json")))
layers = {"past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value"}
decoder = {
    "session_options": {"log_id": "genai", "provider_options": [], "intra_op_num_threads": threads},
    "filename": os.path.basename(file),
    "head_size": config["head_dim"],
    "hidden_size": config["hidden_size"],
    "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask", **layers},
    "outputs": {"logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value"},
    "num_attention_heads": config["num_attention_heads"],
    "num_hidden_layers": config["num_hidden_layers"],
    "num_key_value_heads": config["num_key_value_heads"],
}
model = {
    "bos_token_id": config["bos_token_id"],
    "eos_token_id": config["eos_token_id"],
    "pad_token_id": config["pad_token_id"],
    "context_length": config["max_position_embeddings"],
    "decoder": decoder,
    "type": config["model_type"],
    "vocab_size": config["vocab_size"],
}
search = {"max_length": context, "past_present_share_buffer": True}
with tempfile.TemporaryDirectory() as place:
    os.symlink(file, os.path.join(place, os.path.basename(file)))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        os.symlink(os.path.join(folder, name), os.path.join(place, name))
    with open(os.path.join(place, "genai_config.json"), "w") as out:
        json.dump({"model": model, "search": search}, out)
    loaded = og.Model(place)
    print("ready", flush=True)
    for line in sys.stdin:
        rows, tokens, steps = map(int, line.split())
        params = og.GeneratorParams(loaded)
        params.set_search_options(batch_size=rows, max_length=tokens + steps + 2, min_length=tokens + steps + 2, do_sample=False)
        generator = og.Generator(loaded, params)
        generator.append_tokens(np.array([[(i * 7919 + row * 31) % 40000 + 100 for i in range(tokens)] for row in range(rows)]))
        generator.generate_next_token()
        began = time.perf_counter()
        for _ in range(steps):
            generator.generate_next_token()
        print((time.perf_counter() - began) * 1000 / steps, flush=True)
        del generator
