# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Each plugin is documented, and its documentation says the same as its code."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin, get_type_hints
from unittest.mock import patch

import jinja2
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.task import Task

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
COLLECTION = "nogpu.ollama"
Specs = Mapping[str, Mapping[str, Any]]


def stems(folder: str, suffix: str) -> list[str]:
    return sorted(path.stem for path in (PLUGINS / folder).glob(f"*{suffix}") if path.stem != "__init__")


MODULES, ACTIONS, FRAGMENTS = stems("modules", ".py"), stems("action", ".py"), stems("doc_fragments", ".py")
FILTERS: dict[str, Callable[..., Any]] = {
    name: function
    for stem in stems("filter", ".py")
    for name, function in importlib.import_module(f"plugins.filter.{stem}").FilterModule().filters().items()
}
# An address of a proxy may hold a password: these options, and no others, are kept out of the logs.
SECRET = {"proxies", "https_proxy", "http_proxy"}
TYPES = {str: "str", int: "int", float: "float", bool: "bool", dict: "dict", Mapping: "dict", list: "list"}


# --- modules


def load(name: str) -> ModuleType:
    return importlib.import_module(f"plugins.modules.{name}")


class Stopped(Exception):
    pass


@lru_cache(maxsize=None)
def call(name: str) -> dict[str, Any]:
    """Return what the module gives to AnsibleModule: argument_spec, supports_check_mode, required_if ..."""
    module = load(name)
    with patch.object(module, "AnsibleModule", side_effect=Stopped) as asked, pytest.raises(Stopped):
        module.main()
    return dict(asked.call_args.kwargs)


def documentation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(load(name).DOCUMENTATION)
    return found


def fragments(name: str) -> list[str]:
    named = documentation(name).get("extends_documentation_fragment", [])
    return [named] if isinstance(named, str) else named


def fragment(name: str) -> dict[str, Any]:
    collection, _, stem = name.rpartition(".")
    assert (collection, stem in FRAGMENTS) == (COLLECTION, True), f"there is no fragment {name}"
    text = importlib.import_module(f"plugins.doc_fragments.{stem}").ModuleDocFragment.DOCUMENTATION
    found: dict[str, Any] = yaml.safe_load(text)["options"]
    return found


def documented(name: str) -> dict[str, Any]:
    """Return the options of a module with those of its fragments; its own words come before theirs."""
    options: dict[str, Any] = {}
    for each in fragments(name):
        options.update(fragment(each))
    return {**options, **(documentation(name).get("options") or {})}


def comparable(options: Specs, below: str) -> dict[str, Any]:
    """Return the options as Ansible reads them. `below`: the key of what a dictionary holds."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "elements": option.get("elements"),
            "aliases": option.get("aliases", []),
            "below": comparable(option.get(below) or {}, below),
        }
        for name, option in options.items()
    }


def walk(options: Specs, below: str, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, option in options.items():
        yield f"{path}{name}", option
        yield from walk(option.get(below) or {}, below, f"{path}{name}.")


def undescribed(options: Specs) -> list[str]:
    return [path for path, option in walk(options, "suboptions") if not option.get("description")]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_documented(name: str) -> None:
    told = documentation(name)
    wanted = {"module", "short_description", "description", "version_added", "author", "options", "attributes"}
    assert wanted - set(told) == set()
    assert told["module"] == name
    assert not told["short_description"].endswith(".")
    assert undescribed(documented(name)) == []


@pytest.mark.parametrize("name", MODULES)
def test_the_documented_options_of_a_module_are_those_of_its_code(name: str) -> None:
    in_code = comparable(call(name)["argument_spec"], "options")
    assert comparable(documented(name), "suboptions") == in_code
    own = documentation(name)["options"]
    assert list(own) == [option for option in in_code if option in own], "not in the order of the code"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_hides_what_may_hold_a_password_and_nothing_else(name: str) -> None:
    options = dict(walk(call(name)["argument_spec"], "options"))
    hidden = {path for path, option in options.items() if option.get("no_log")}
    assert hidden == {path for path in options if path.rpartition(".")[2] in SECRET}


@pytest.mark.parametrize("name", MODULES)
def test_the_attributes_of_a_module_are_true(name: str) -> None:
    attributes = documentation(name)["attributes"]
    assert {"check_mode", "diff_mode"} <= set(attributes)
    assert {each["support"] for each in attributes.values()} <= {"full", "partial", "none"}
    assert (attributes["check_mode"]["support"] != "none") is call(name)["supports_check_mode"]
    assert ("action" in attributes) is (name in ACTIONS)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_could_be_run(name: str) -> None:
    tasks = yaml.safe_load(load(name).EXAMPLES)
    assert any(f"{COLLECTION}.{name}" in task for task in tasks)
    assert [fault for task in tasks for fault in faults(task)] == []


def faults(task: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with a task of an example."""
    actions = [key for key in task if key not in Task.fattributes]
    if len(actions) != 1 or "." not in actions[0] or not task.get("name"):
        return [f"a task needs a name and one action with its collection's name (seen: {', '.join(task)})"]
    collection, _, stem = actions[0].rpartition(".")
    if collection != COLLECTION:
        return []
    if stem not in MODULES:
        return [f"there is no module {actions[0]}"]
    return argument_faults(task[actions[0]] or {}, call(stem))


def argument_faults(arguments: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Ask Ansible. A value with a template is not known here: only its name is looked at."""
    spec = {
        name: {"type": "raw"} if "{{" in str(arguments.get(name)) else option
        for name, option in given["argument_spec"].items()
    }
    rules = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    validator = ArgumentSpecValidator(spec, **{rule: given[rule] for rule in rules if rule in given})
    return list(validator.validate(dict(arguments)).error_messages)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        pytest.param({"nogpu.ollama.ledger": {}}, "a task needs a name", id="no-name"),
        pytest.param({"name": "x", "ledger": {}}, "its collection's name", id="no-collection"),
        pytest.param({"name": "x", "nogpu.ollama.ledgr": {}}, "no module nogpu.ollama.ledgr", id="no-such-module"),
        pytest.param({"name": "x", "wen": True, "nogpu.ollama.ledger": {}}, "one action", id="no-such-keyword"),
        pytest.param({"name": "x", "nogpu.ollama.ledger": {"fase": "undo"}}, "fase", id="no-such-option"),
        pytest.param({"name": "x", "nogpu.ollama.ledger": {"path": "/x"}}, "missing required", id="required"),
        pytest.param({"name": "x", "nogpu.ollama.ledger": {"phase": "undone"}}, "must be one of", id="choice"),
        pytest.param(
            {"name": "x", "nogpu.ollama.ledger": {"phase": "undo", "entries": [{"nam": "{{ x }}"}]}},
            "",
            id="a-template-is-not-looked-into",
        ),
        pytest.param(
            {"name": "x", "nogpu.ollama.ledger": {"phase": "undo", "entries": [{"nam": "y"}]}}, "nam", id="suboption"
        ),
    ],
)
def test_a_wrong_example_is_found(task: dict[str, Any], words: str) -> None:
    assert words in " ".join(faults(task))
    assert bool(faults(task)) is bool(words)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_returns_is_documented(name: str) -> None:
    returned = yaml.safe_load(load(name).RETURN)
    assert returned
    assert {key for key, value in returned.items() if not {"description", "returned", "type"} <= set(value)} == set()
    assert {value["type"] for value in returned.values()} <= {"str", "int", "float", "bool", "dict", "list", "raw"}


def test_each_fragment_is_used_and_described() -> None:
    assert {each for name in MODULES for each in fragments(name)} == {f"{COLLECTION}.{stem}" for stem in FRAGMENTS}
    assert [path for stem in FRAGMENTS for path in undescribed(fragment(f"{COLLECTION}.{stem}"))] == []


# --- action plugins


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_documented_by_the_module_of_its_name(name: str) -> None:
    assert name in MODULES
    plugin = importlib.import_module(f"plugins.action.{name}")
    if hasattr(plugin, "SPEC"):
        asked, in_module = (comparable(each, "options") for each in (plugin.SPEC, call(name)["argument_spec"]))
        for option in (*asked.values(), *in_module.values()):
            option["choices"] = sorted(option["choices"] or ())
        assert asked == in_module


# --- lookups

LOOKUPS = stems("lookup", ".py")


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_is_documented(name: str) -> None:
    plugin = importlib.import_module(f"plugins.lookup.{name}")
    told, returned = yaml.safe_load(plugin.DOCUMENTATION), yaml.safe_load(plugin.RETURN)
    wanted = {"name", "short_description", "description", "version_added", "author", "options"}
    assert wanted - set(told) == set()
    assert told["name"] == name
    assert not told["short_description"].endswith(".")
    assert undescribed(told["options"]) == []
    assert {"description", "type"} <= set(returned["_raw"])


@pytest.mark.parametrize("name", LOOKUPS)
def test_the_examples_of_a_lookup_could_be_run(name: str) -> None:
    example = importlib.import_module(f"plugins.lookup.{name}").EXAMPLES
    assert [fault for task in yaml.safe_load(example) for fault in faults(task)] == []
    assert f"lookup('{COLLECTION}.{name}'" in example


def test_each_plugin_is_of_a_kind_that_is_looked_at() -> None:
    kinds = {path.name for path in PLUGINS.iterdir() if path.is_dir()} - {"__pycache__", "module_utils", "plugin_utils"}
    assert kinds == {"action", "doc_fragments", "filter", "lookup", "modules"}


# --- filters

# One that is not documented fails in one test, and not in all of them.
KNOWN = [name for name in FILTERS if (PLUGINS / f"filter/{name}.yml").is_file()]


def described(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PLUGINS / f"filter/{name}.yml").read_text(encoding="utf-8"))
    return found


def test_the_documented_filters_are_those_that_there_are() -> None:
    assert stems("filter", ".yml") == sorted(FILTERS)


@pytest.mark.parametrize("name", KNOWN)
def test_a_filter_is_documented(name: str) -> None:
    told = described(name)
    wanted = {"name", "short_description", "description", "version_added", "author", "options"}
    assert wanted - set(told["DOCUMENTATION"]) == set()
    assert told["DOCUMENTATION"]["name"] == name
    assert not told["DOCUMENTATION"]["short_description"].endswith(".")
    assert undescribed(told["DOCUMENTATION"]["options"]) == []
    assert {"description", "type"} <= set(told["RETURN"]["_value"])


@pytest.mark.parametrize("name", KNOWN)
def test_the_documented_options_of_a_filter_are_the_parameters_of_its_function(name: str) -> None:
    told = described(name)["DOCUMENTATION"]
    parameters = list(inspect.signature(FILTERS[name]).parameters.values())
    hints = get_type_hints(FILTERS[name])
    assert list(told["options"]) == ["_input", *(parameter.name for parameter in parameters[1:])]
    if "positional" in told:
        assert told["positional"].split(", ") == list(told["options"])
    for (option, described_as), parameter in zip(told["options"].items(), parameters):
        required = parameter.default is inspect.Parameter.empty
        assert described_as.get("required", False) is required, option
        # A function says None where the documentation shows an empty dictionary or list.
        empty = parameter.default is None and described_as.get("default") in ({}, [])
        assert required or empty or described_as.get("default") == parameter.default, option
        assert type_of(hints[parameter.name]) in (described_as.get("type", "str"), ""), option


def type_of(hint: Any) -> str:
    """Return Ansible's word for a type; empty where it has none, or more than one."""
    found = get_origin(hint) or hint
    return next((word for kind, word in TYPES.items() if found is kind or found is get_origin(kind)), "")


@pytest.mark.parametrize("name", KNOWN)
def test_the_examples_of_a_filter_could_be_run(name: str) -> None:
    example = described(name)["EXAMPLES"]
    assert yaml.safe_load(example)
    uses = [
        use
        for expression in re.findall(r"\{\{.*?\}\}(?!\})", example, re.DOTALL)
        for use in jinja2.Environment(autoescape=True).parse(expression).find_all(jinja2.nodes.Filter)
        if use.name == f"{COLLECTION}.{name}"
    ]
    assert uses
    for use in uses:  # TypeError where the function does not take what the example gives
        inspect.signature(FILTERS[name]).bind(None, *use.args, **{each.key: None for each in use.kwargs})
