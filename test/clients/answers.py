"""What a test hands to a script, and the answers that the script leaves for it."""

import asyncio
import inspect
import json
import sys
import traceback


def task():
    """The JSON object given as the first argument."""
    return json.loads(sys.argv[1])


def answer(calls):
    """Makes every call, also asynchronous ones, by name, and writes what it gave or its traceback to the file of the second argument."""
    answers = {}
    with asyncio.Runner() as runner:
        for name, call in calls.items():
            try:
                result = call()
                answers[name] = {"gave": runner.run(result) if inspect.iscoroutine(result) else result}
            except Exception:  # the other calls still answer
                answers[name] = {"raised": traceback.format_exc()}
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(answers, file)
