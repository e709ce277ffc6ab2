# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from plugins.module_utils.apply.models.plan import Step, find, plan
from plugins.module_utils.ollama.api import Installed
from plugins.module_utils.ollama.model_name import ModelNameError, ModelRef

MIRROR = "172.29.7.2:5000"
LONG = f"{MIRROR}/library/hello:latest"


def installed(*names: str) -> tuple[Installed, ...]:
    return tuple(Installed(name, "a" * 64, 42) for name in names)


@pytest.mark.parametrize("name", ["gpt-oss:120b-cloud", "kimi:cloud", "kimi:1T-Cloud"])
def test_a_cloud_model_is_refused_with_the_reason(name: str) -> None:
    ref = ModelRef.parse(name)
    with pytest.raises(ModelNameError, match="cloud model: it would run on Ollama's servers"):
        plan(ref, ref, (), "present")
    assert plan(ref, ref, installed(name), "absent").steps == (Step("delete", name),)


PULL, DROP = Step("pull", LONG), Step("drop", LONG)
ADOPT = Step("adopt", LONG, "hello:latest")
PLAIN_PULL, DELETE = Step("pull", "hello:latest"), Step("delete", "hello:latest")


@pytest.mark.parametrize(
    ("state", "registry", "there", "steps"),
    [
        pytest.param("present", "", (), (PLAIN_PULL,), id="not-yet"),
        pytest.param("present", "", ("hello:latest",), (), id="already"),
        pytest.param("present", "", ("Hello:latest",), (), id="already-in-other-case"),
        pytest.param("present", MIRROR, (), (PULL, ADOPT, DROP), id="mirror"),
        pytest.param("present", MIRROR, ("hello:latest",), (), id="mirror-already"),
        pytest.param("present", MIRROR, (LONG,), (ADOPT, DROP), id="pulled-but-not-renamed"),
        pytest.param("present", MIRROR, ("hello:latest", LONG), (DROP,), id="renamed-but-not-cleaned"),
        pytest.param("latest", "", ("hello:latest",), (PLAIN_PULL,), id="latest"),
        pytest.param("latest", MIRROR, ("hello:latest",), (PULL, ADOPT, DROP), id="latest-from-mirror"),
        pytest.param("absent", "", (), (), id="absent-already"),
        pytest.param("absent", "", ("hello:latest", "hello:1b"), (DELETE,), id="absent"),
        pytest.param("absent", MIRROR, ("hello:latest", LONG), (DELETE, DROP), id="absent-with-left-over"),
        pytest.param("absent", "", (LONG,), (), id="a-foreign-registry-is-another-model"),
    ],
)
def test_the_plan_has_exactly_the_steps_needed(
    state: str, registry: str, there: tuple[str, ...], steps: tuple[Step, ...]
) -> None:
    wanted = ModelRef.parse("hello")
    todo = plan(wanted, wanted.at(registry), installed(*there), state)
    assert todo.steps == steps
    assert todo.certain is not (state == "latest" and "hello:latest" in there)


def test_ollamas_own_registry_as_mirror_needs_no_renaming() -> None:
    wanted = ModelRef.parse("hello")
    assert plan(wanted, wanted.at("registry.ollama.ai"), (), "present").steps == (PLAIN_PULL,)


def test_another_tag_is_another_model() -> None:
    assert find(ModelRef.parse("hello:1b"), installed("hello:latest")) is None
