"""Every config of models/model_configs.json through its own wrapper, and through agents."""

from agentscope.agents import DialogAgent
from agentscope.message import Msg
from answers import answer, task
from session import load_model, monitored, start

given = task()
start(given["model_configs"])

system = {"role": "system", "name": "system", "content": given["system"]}
user = {"role": "user", "name": "Bob", "content": given["questions"][0]}


def post_api():
    return load_model("hearth-post-api")(given["prompt"]).raw


def chat_formatted():
    """Messages as the release itself writes them."""
    model = load_model("hearth-chat")
    messages = model.format(
        Msg("system", given["system"], role="system"),
        Msg("Bob", given["questions"][0], role="user"),
    )
    return model(messages).text


def chat_with_names():
    return load_model("hearth-chat")([system, user]).text


def openai():
    model = load_model("hearth-openai")
    response = model([system, user])
    return {
        "text": response.text,
        "raw": response.raw,
        "monitored": monitored(model.model_name),
    }


def dialog(config_name):
    """The second prompt of an agent holds its own first reply."""
    agent = DialogAgent(
        name="Alice",
        sys_prompt=given["system"],
        model_config_name=config_name,
    )
    replies = [agent(Msg("Bob", text, role="user")) for text in given["questions"]]
    return [{"name": reply.name, "role": reply.role, "content": reply.content} for reply in replies]


answer(
    {
        "post_api": post_api,
        "chat formatted": chat_formatted,
        "chat with names": chat_with_names,
        "openai": openai,
        "agent hearth-chat": lambda: dialog("hearth-chat"),
        "agent hearth-openai": lambda: dialog("hearth-openai"),
    },
)
