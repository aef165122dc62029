"""The embedding configs of a task, each through its own wrapper."""

from answers import answer, task
from session import load_model, start

given = task()
start(given["model_configs"])


def embedded(config_name):
    """What the wrapper makes of one text."""
    response = load_model(config_name)(given["text"])
    return {"embedding": response.embedding, "raw": response.raw}


answer(
    {
        config["config_name"]: lambda name=config["config_name"]: embedded(name)
        for config in given["model_configs"]
    },
)
