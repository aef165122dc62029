"""A Python application on AgentScope (0.0.4 to 0.1.x) whose agents talk through `hearth serve`.

    hearth serve &
    pip install agentscope==0.1.1
    python agentscope_app.py models/model_configs.json
"""

import sys

import agentscope
from agentscope.agents import DialogAgent
from agentscope.message import Msg

agentscope.init(model_configs=sys.argv[1])

agents = [
    DialogAgent(name="Ann", sys_prompt="You are Ann.", model_config_name="hearth-chat"),
    DialogAgent(name="Bob", sys_prompt="You are Bob.", model_config_name="hearth-openai"),
]
message = Msg("Host", "Say hello to each other.", role="user")
for agent in agents:
    message = agent(message)
print("said:", message.name, len(message.content) > 0)
