"""AgentScope 2 over its OpenAI-compatible models: calls, streams, tools, structured output, an agent, vectors."""

from typing import Literal

from agentscope.agent import Agent
from agentscope.credential import OpenAICredential
from agentscope.embedding import OpenAIEmbeddingModel
from agentscope.message import AssistantMsg, SystemMsg, ToolResultBlock, UserMsg
from agentscope.model import OpenAIChatModel, OpenAIResponseModel
from agentscope.tool import ToolChoice
from answers import answer, task
from pydantic import BaseModel, Field

given = task()
credential = OpenAICredential(api_key=given["api_key"], base_url=given["base_url"])
apis = {"chat": OpenAIChatModel, "responses": OpenAIResponseModel}
messages = [
    SystemMsg(name="system", content="Answer in one short sentence."),
    UserMsg(name="Bob", content="How is the weather in Rome?"),
]
tools = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}},
                "required": ["city"],
            },
        },
    },
]


class Person(BaseModel):
    """Somebody."""

    name: str = Field(max_length=12)
    likes: list[Literal["tea", "coffee"]] = Field(max_length=2)


def model(stream, max_tokens=24):
    """The server's chat model over the API that the task names."""
    kind = apis[given["api"]]
    parameters = kind.Parameters(max_tokens=max_tokens, temperature=0)
    return kind(credential, "chat", parameters, stream=stream, max_retries=0)


def counted(response):
    """A response's usage."""
    return {"input": response.usage.input_tokens, "output": response.usage.output_tokens}


def text_of(response):
    """A response's text."""
    return "".join(block.text for block in response.content if block.type == "text")


async def call():
    response = await model(stream=False)(messages)
    return {"text": text_of(response), "used": counted(response)}


async def stream():
    """The pieces, and the response at the end."""
    chunks = [chunk async for chunk in await model(stream=True)(messages)]
    *pieces, last = chunks
    return {"pieces": [text_of(piece) for piece in pieces], "text": text_of(last), "used": counted(last)}


async def tool_call(stream, mode):
    """The one call of a response, and the answer to its result."""
    chosen = model(stream, max_tokens=100)
    response = await chosen(messages, tools=tools, tool_choice=ToolChoice(mode=mode), parallel_tool_calls=False)
    if stream:
        response = [chunk async for chunk in response][-1]
    (block,) = [block for block in response.content if block.type == "tool_call"]
    result = ToolResultBlock(id=block.id, name=block.name, output="It is sunny.", state="success")
    history = [*messages, AssistantMsg(name="Alice", content=[block, result])]
    answered = await model(stream=False)(history)
    return {"name": block.name, "input": block.input, "answer": text_of(answered)}


async def structured(stream):
    chosen = model(stream, max_tokens=200)
    response = await chosen.generate_structured_output(messages, Person)
    return response.content


async def agent():
    """An agent that goes on from its own reply."""
    alice = Agent("Alice", "Answer in one short sentence.", model(stream=True))
    replies = [await alice.reply(UserMsg(name="Bob", content=text)) for text in ("Hello!", "And now?")]
    return [{"name": reply.name, "role": reply.role, "text": reply.get_text_content()} for reply in replies]


async def embeddings():
    vectors = OpenAIEmbeddingModel(credential, "vectors", 8, max_retries=0)
    response = await vectors(["one text", "and another"])
    return [len(vector) for vector in response.embeddings]


answer(
    {
        "call": call,
        "stream": stream,
        "tool required": lambda: tool_call(False, "required"),
        "tool named": lambda: tool_call(False, "weather"),
        "tool streamed": lambda: tool_call(True, "weather"),
        "structured": lambda: structured(False),
        "structured, streamed": lambda: structured(True),
        "agent": agent,
        "embeddings": embeddings,
    },
)
