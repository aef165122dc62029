"""What AgentScope's flask_transformers service does, on a GGUF file (dequantized to float32), for comparison.

POST /llm/ {"inputs": str, ...generate arguments}; requests run in Flask's threads, each with a generate call of its own.
"""
import argparse
import datetime
import os

import torch
from flask import Flask, request
from transformers import AutoModelForCausalLM, AutoTokenizer

arguments = argparse.ArgumentParser()
arguments.add_argument("--model", required=True, help="a GGUF file")
arguments.add_argument("--port", type=int, default=8000)
options = arguments.parse_args()

folder, file = os.path.split(os.path.abspath(options.model))
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
model.eval()

app = Flask(__name__)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/llm/")
def llm():
    generate = request.get_json()
    prompt = tokenizer(generate.pop("inputs"), return_tensors="pt")
    reply = model.generate(prompt.input_ids, attention_mask=prompt.attention_mask, **generate)
    new = reply[0, prompt.input_ids.shape[1] :]
    return {
        "response": tokenizer.decode(new, skip_special_tokens=True),
        # The original counts the prompt into it as well.
        "n_token_response": reply.shape[1],
        "n_token_prompt": prompt.input_ids.shape[1],
        "timestamp": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
    }


app.run(host="127.0.0.1", port=options.port, threaded=True)
