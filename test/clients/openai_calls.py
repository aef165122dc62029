"""What users of the openai package do, each way once."""

import asyncio
from typing import Literal

import openai
from answers import answer, task
from pydantic import BaseModel, Field

given = task()
options = {"base_url": given["base_url"], "api_key": given["api_key"], "max_retries": 0}
client = openai.OpenAI(**options)
ask = {
    "model": "chat",
    "messages": [{"role": "user", "content": "How is the weather in Rome?"}],
    "temperature": 0,
    "max_completion_tokens": 16,
}
endless = {**ask, "max_completion_tokens": 1500, "extra_body": {"ignore_eos": True}}


class Weather(BaseModel):
    """The weather of a city."""

    city: Literal["Rome", "Oslo"]
    days: int


class Person(BaseModel):
    """Somebody."""

    name: str = Field(max_length=12)
    likes: list[Literal["tea", "coffee"]] = Field(max_length=2)


weather = openai.pydantic_function_tool(Weather, name="weather")
named = {"type": "function", "function": {"name": "weather"}}
shaped = {**ask, "max_completion_tokens": 200}


def chat():
    return client.chat.completions.create(**ask).model_dump()


def stream():
    """The pieces, and the object that the package makes of them, which it refuses to where the text was cut off."""
    ends = {**ask, "max_completion_tokens": 200, "stop": [".", ",", "!", "?", "\n"]}
    with client.chat.completions.stream(**ends, stream_options={"include_usage": True}) as events:
        pieces = [event.delta for event in events if event.type == "content.delta"]
        final = events.get_final_completion()
    return {"pieces": pieces, "final": final.model_dump(), "whole": client.chat.completions.create(**ends).model_dump()}


def parse():
    parsed = client.chat.completions.parse(**shaped, response_format=Person)
    message = parsed.choices[0].message
    return {"is_person": isinstance(message.parsed, Person), "finish_reason": parsed.choices[0].finish_reason}


def parse_tool():
    parsed = client.chat.completions.parse(**shaped, tools=[weather], tool_choice=named)
    (call,) = parsed.choices[0].message.tool_calls
    return {"name": call.function.name, "is_weather": isinstance(call.function.parsed_arguments, Weather)}


def stream_tool():
    with client.chat.completions.stream(**shaped, tools=[weather], tool_choice=named) as events:
        done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
        (call,) = events.get_final_completion().choices[0].message.tool_calls
    return {
        "done": len(done),
        "name": call.function.name,
        "is_weather": isinstance(call.function.parsed_arguments, Weather),
    }


def tool_result():
    """A turn that goes on from a call and its result."""
    asked = client.chat.completions.create(**shaped, tools=[weather], tool_choice=named).choices[0].message
    result = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": "sunny"}
    messages = [*ask["messages"], asked, result]
    answered = client.chat.completions.create(**{**ask, "messages": messages}, tools=[weather], tool_choice="none")
    return answered.choices[0].message.content


def responses():
    """A conversation that the server keeps, and its end."""
    said = {"model": "chat", "max_output_tokens": 16, "temperature": 0}
    first = client.responses.create(**said, input="How is the weather in Rome?", instructions="Be short.")
    again = client.responses.retrieve(first.id)
    second = client.responses.create(**said, input="And in Oslo?", previous_response_id=first.id)
    items = [item.type for item in client.responses.input_items.list(second.id)]
    client.responses.delete(first.id)
    gone = raised(lambda: client.responses.retrieve(first.id))
    return {
        "first": first.model_dump(),
        "same": again == first,
        "second": second.output_text,
        "items": items,
        "gone": gone["class"],
    }


def responses_stream():
    """The pieces of a stream, and the response that the package makes of its events."""
    said = {"model": "chat", "input": "How is the weather in Rome?", "max_output_tokens": 16, "temperature": 0}
    with client.responses.stream(**said) as events:
        types = [event.type for event in events]
        final = events.get_final_response()
    return {"types": types, "text": final.output_text, "whole": client.responses.create(**said).output_text}


def responses_parse():
    said = {"model": "chat", "input": "Describe Ada.", "max_output_tokens": 200, "temperature": 0}
    return isinstance(client.responses.parse(**said, text_format=Person).output_parsed, Person)


def completions():
    return client.completions.create(model="chat", prompt="The capital of France is", max_tokens=8).model_dump()


def embeddings():
    """As the package asks by default, and as floats."""
    texts = ["one text", "and another"]
    usual = client.embeddings.create(model="vectors", input=texts)
    floats = client.embeddings.create(model="vectors", input=texts, encoding_format="float")
    return {
        "usual": [one.embedding for one in usual.data],
        "floats": [one.embedding for one in floats.data],
    }


def models():
    return [model.id for model in client.models.list()]


def raised(call):
    """The class and the fields of what a call raises."""
    try:
        call()
    except openai.OpenAIError as error:
        fields = {name: getattr(error, name, None) for name in ("status_code", "code", "param", "type")}
        return {"class": type(error).__name__, **fields}
    return {"class": "nothing"}


def errors():
    create = client.chat.completions.create
    stranger = client.with_options(api_key="wrong")
    nowhere = client.with_options(base_url="http://127.0.0.1:1/v1")
    return {
        "wrong type": raised(lambda: create(**{**ask, "temperature": "hot"})),
        "too long": raised(lambda: create(**{**ask, "max_completion_tokens": 5000})),
        "too long, streamed": raised(lambda: create(**{**ask, "max_completion_tokens": 5000}, stream=True)),
        "no such model": raised(lambda: create(**{**ask, "model": "gpt-4"})),
        "no such key": raised(stranger.models.list),
        "no such path": raised(lambda: client.get("/nothing", cast_to=object)),
        "no server": raised(nowhere.models.list),
        "too slow": raised(lambda: create(**endless, timeout=0.3)),
        "cut off": raised(
            lambda: client.chat.completions.parse(**{**ask, "max_completion_tokens": 2}, response_format=Person),
        ),
    }


async def abort():
    """Three pieces of a long stream, then its end; and a task that is cancelled."""
    async with openai.AsyncOpenAI(**options) as asynchronous:
        pieces = 0
        async with await asynchronous.chat.completions.create(**endless, stream=True) as chunks:
            async for chunk in chunks:
                pieces += bool(chunk.choices[0].delta.content)
                if pieces == 3:
                    break
        reply = asyncio.create_task(asynchronous.chat.completions.create(**endless))
        await asyncio.sleep(0.5)
        reply.cancel()
        try:
            await reply
        except asyncio.CancelledError:
            return {"pieces": pieces, "cancelled": True}
        return {"pieces": pieces, "cancelled": False}


answer(
    {
        "chat": chat,
        "stream": stream,
        "parse": parse,
        "parse tool": parse_tool,
        "stream tool": stream_tool,
        "tool result": tool_result,
        "responses": responses,
        "responses stream": responses_stream,
        "responses parse": responses_parse,
        "completions": completions,
        "embeddings": embeddings,
        "models": models,
        "errors": errors,
        "abort": abort,
    },
)
