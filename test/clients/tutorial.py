"""The tutorial's two Flask configs, and one with a misspelt argument."""

import time

from answers import answer, task
from session import load_model, start

given = task()
start(given["model_configs"])


def misspelt():
    """What the user sees, and after how many seconds."""
    model = load_model("misspelt")
    began = time.monotonic()
    try:
        model(given["prompt"])
    except RuntimeError as error:
        return {"error": str(error), "seconds": time.monotonic() - began}
    return {"error": "", "seconds": 0}


answer(
    {
        "transformers": lambda: load_model("flask_llama2-7b-chat")(given["prompt"]).raw,
        "modelscope": lambda: load_model("flask_llama2-7b-ms")(given["prompt"]).raw,
        "misspelt": misspelt,
    },
)
