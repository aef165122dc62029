"""Starts AgentScope 0.x as its users do."""

import inspect

import agentscope


def start(model_configs):
    """Loads the configs; what AgentScope writes stays in the current folder."""
    options = {
        "model_configs": model_configs,
        "project": "clients",
        "save_dir": "runs",
        "cache_dir": "cache",
        "save_log": False,
        "save_code": False,
        "save_api_invoke": False,
        "use_monitor": True,
        "logger_level": "ERROR",
    }
    known = inspect.signature(agentscope.init).parameters
    agentscope.init(**{name: value for name, value in options.items() if name in known})


def load_model(config_name):
    """The wrapper of a loaded config, from where each release keeps it."""
    if hasattr(agentscope, "manager"):
        from agentscope.manager import ModelManager

        return ModelManager.get_instance().get_model_by_config_name(config_name)
    from agentscope.models import load_model_by_config_name

    return load_model_by_config_name(config_name)


def monitored(model_name):
    """The monitor's token counts of one model, from where each release keeps them."""
    keys = ("prompt_tokens", "completion_tokens")
    if hasattr(agentscope, "print_llm_usage"):
        (row,) = agentscope.print_llm_usage()["text_and_embedding"]
        return {key: row[key] for key in keys}
    from agentscope.utils.monitor import MonitorFactory

    metrics = MonitorFactory.get_monitor().get_metrics()
    return {key: metrics[f"{model_name}.{key}"]["value"] for key in keys}
