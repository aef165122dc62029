"""Agents of the openai-agents package over the API that the task names: tools, results, typed output, streams."""

from typing import Literal

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from answers import answer, task
from openai import AsyncOpenAI
from pydantic import BaseModel, Field

given = task()
set_tracing_disabled(True)  # traces would go to OpenAI
client = AsyncOpenAI(base_url=given["base_url"], api_key=given["api_key"], max_retries=0)
apis = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}
model = apis[given["api"]](model="chat", openai_client=client)
asked = []


class Person(BaseModel):
    """Somebody."""

    name: str = Field(max_length=12)
    likes: list[Literal["tea", "coffee"]] = Field(max_length=2)


@function_tool
def weather(city: Literal["Rome", "Oslo"], days: int) -> str:
    """The weather of a city in some days."""
    asked.append({"city": city, "days": days})
    return "It will be sunny."


def agent(tool_choice=None, **options):
    """An agent that calls one tool a turn at most."""
    settings = ModelSettings(
        temperature=0,
        max_tokens=100,
        tool_choice=tool_choice,
        parallel_tool_calls=False if options.get("tools") else None,
        include_usage=True,
    )
    return Agent(
        name="Alice",
        instructions="Answer in one short sentence.",
        model=model,
        model_settings=settings,
        **options,
    )


question = "How is the weather in Rome?"


def used(result):
    """What the run counted."""
    usage = result.context_wrapper.usage
    return {"requests": usage.requests, "input": usage.input_tokens, "output": usage.output_tokens}


async def run():
    result = await Runner.run(agent(), question)
    return {"output": result.final_output, "used": used(result)}


async def run_streamed():
    """The pieces of the text, and the text."""
    result = Runner.run_streamed(agent(), question)
    pieces = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    return {"pieces": pieces, "output": result.final_output}


async def tool_stops():
    """A tool that is required, and whose result ends the run."""
    asked.clear()
    result = await Runner.run(
        agent("required", tools=[weather], tool_use_behavior="stop_on_first_tool"),
        question,
    )
    return {"output": result.final_output, "asked": list(asked)}


async def tool_streamed():
    """The kinds of items of a streamed run with a tool that is named."""
    result = Runner.run_streamed(
        agent("weather", tools=[weather], tool_use_behavior="stop_on_first_tool"),
        question,
    )
    items = [event.item.type async for event in result.stream_events() if event.type == "run_item_stream_event"]
    return {"output": result.final_output, "items": items}


async def goes_on():
    """A second run whose history holds the first one's call and result."""
    first = await Runner.run(
        agent("required", tools=[weather], tool_use_behavior="stop_on_first_tool"),
        question,
    )
    history = [*first.to_input_list(), {"role": "user", "content": "And in one word?"}]
    # A schema ends the answer; small models may go on and on, which this client takes for a failure.
    result = await Runner.run(agent("none", tools=[weather], output_type=Person), history)
    return {"types": [item.get("type", item.get("role")) for item in history], "output": str(result.final_output)}


async def typed():
    result = await Runner.run(agent(output_type=Person), "Describe Ada.")
    return isinstance(result.final_output, Person)


answer(
    {
        "run": run,
        "run streamed": run_streamed,
        "tool stops": tool_stops,
        "tool streamed": tool_streamed,
        "goes on": goes_on,
        "typed": typed,
    },
)
