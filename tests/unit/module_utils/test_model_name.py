# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from plugins.module_utils.ollama.model_name import ModelNameError, ModelRef

MIRROR = "172.29.7.2:5000"
LONG = f"{MIRROR}/library/hello:latest"


@pytest.mark.parametrize(
    ("text", "canonical", "in_mirror"),
    [
        pytest.param("hello", "hello:latest", LONG, id="no-tag-means-latest"),
        pytest.param("hello:latest", "hello:latest", LONG, id="tag-given"),
        pytest.param("qwen2.5:0.5b", "qwen2.5:0.5b", f"{MIRROR}/library/qwen2.5:0.5b", id="dots-in-name-and-tag"),
        pytest.param("library/hello", "hello:latest", LONG, id="library-is-the-default"),
        pytest.param("ann/hello:v1", "ann/hello:v1", f"{MIRROR}/ann/hello:v1", id="namespace"),
        pytest.param("registry.ollama.ai/library/hello", "hello:latest", LONG, id="default-registry-is-left-out"),
        pytest.param(LONG, LONG, LONG, id="registry-with-port"),
        pytest.param("hf.co/ann/X-GGUF:Q4_K_M", "hf.co/ann/X-GGUF:Q4_K_M", f"{MIRROR}/ann/X-GGUF:Q4_K_M", id="hf"),
        pytest.param("localhost/library/a", "localhost/library/a:latest", f"{MIRROR}/library/a:latest", id="no-port"),
    ],
)
def test_a_name_is_completed_as_ollama_does(text: str, canonical: str, in_mirror: str) -> None:
    ref = ModelRef.parse(text)
    assert ref.canonical == canonical
    assert ref.registry_name(MIRROR) == in_mirror
    assert ref.registry_name("") == canonical
    assert ModelRef.parse(canonical) == ref


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param(" ", "the character ' '", id="blank"),
        pytest.param("a b", "the character ' '", id="space"),
        pytest.param("hello ", "the character ' '", id="trailing-space"),
        pytest.param("hello\n", r"the character '\n'", id="trailing-newline"),
        pytest.param("a\nb:1", r"the character '\n'", id="newline"),
        pytest.param("a\tb", r"the character '\t'", id="tab"),
        pytest.param("a\x00b", r"the character '\x00'", id="nul"),
        pytest.param("héllo", r"the character '\xe9'", id="accent"),
        pytest.param("hello:latest\u200b", r"the character '\u200b'", id="invisible-space"),
        pytest.param("modèle:\uff11b", r"the character '\xe8'", id="unicode"),
        pytest.param("a:\uff11", r"the character '\uff11'", id="unicode-digit"),
        pytest.param("a;rm -rf /", "the character ';'", id="semicolon"),
        pytest.param("$(id)", "the character '$'", id="command"),
        pytest.param("a`id`", "the character '`'", id="backtick"),
        pytest.param("a|b", "the character '|'", id="pipe"),
        pytest.param("a&b", "the character '&'", id="ampersand"),
        pytest.param("a>b", "the character '>'", id="redirect"),
        pytest.param("a*", "the character '*'", id="glob"),
        pytest.param("'a'", 'the character "\'"', id="quote"),
        pytest.param("a\\b", "the character '\\\\'", id="backslash"),
        pytest.param("a?x=1", "the character '?'", id="query"),
        pytest.param("a%2e%2e", "the character '%'", id="percent"),
        pytest.param("a@sha256", "the character '@'", id="digest"),
        pytest.param("{{ x }}", "the character '{'", id="template"),
        pytest.param("../../etc/passwd", "two dots", id="parent-folder"),
        pytest.param("a..b", "two dots", id="two-dots"),
        pytest.param("/etc/passwd", "a registry '' that is not host:port", id="absolute-path"),
        pytest.param("a//b", "an empty namespace", id="double-slash"),
        pytest.param("a/", "an empty name", id="trailing-slash"),
        pytest.param("/a", "an empty namespace", id="leading-slash"),
        pytest.param(":latest", "an empty name", id="tag-alone"),
        pytest.param("hello:", "an empty tag", id="empty-tag"),
        pytest.param("a:b:c", "a name 'a:b'", id="two-tags"),
        pytest.param("-rf", "a name '-rf'", id="looks-like-an-option"),
        pytest.param(".hidden", "a name '.hidden'", id="leading-dot"),
        pytest.param("a:-x", "a tag '-x'", id="tag-like-an-option"),
        pytest.param("a.b/c", "a dot in the namespace", id="dot-in-namespace"),
        pytest.param("host:5000/a", "a registry 'host:5000' without a namespace", id="registry-without-namespace"),
        pytest.param("h:99999/a/b", "a registry 'h:99999'", id="port-too-high"),
        pytest.param("h:0/a/b", "a registry 'h:0'", id="port-zero"),
        pytest.param("-h/a/b", "a registry '-h'", id="registry-like-an-option"),
        pytest.param("a/b/c/d", "4 parts", id="too-many-slashes"),
        pytest.param("http://host/a/b", "a scheme", id="scheme"),
        pytest.param("a" * 81, "a name of 81 characters", id="long-name"),
        pytest.param("a:" + "b" * 81, "a tag of 81 characters", id="long-tag"),
        pytest.param("a" * 256, "256 characters", id="over-long"),
    ],
)
def test_a_bad_name_is_refused_and_the_sentence_shows_why(text: str, seen: str) -> None:
    with pytest.raises(ModelNameError) as caught:
        ModelRef.parse(text)
    message = str(caught.value)
    assert seen in message
    assert "needed: name, name:tag" in message
    assert message.isascii() and message.isprintable()


@pytest.mark.parametrize("name", ["cloud", "cloudy:7b", "a:cloudy"])
def test_a_name_that_only_sounds_like_a_cloud_is_taken(name: str) -> None:
    ModelRef.parse(name).refuse_cloud()


@pytest.mark.parametrize(
    ("registry", "seen"),
    [
        pytest.param("http://172.29.7.2:5000", "has a scheme", id="scheme"),
        pytest.param("172.29.7.2:5000/library", "has a scheme or a path", id="path"),
        pytest.param("host name", "not an address", id="space"),
        pytest.param("host:", "not an address", id="no-port"),
        pytest.param("host\n", r"'host\n' is not an address", id="newline"),
    ],
)
def test_a_bad_registry_is_refused(registry: str, seen: str) -> None:
    with pytest.raises(ModelNameError) as caught:
        ModelRef.parse("hello").at(registry)
    assert seen in str(caught.value)


@pytest.mark.parametrize(
    ("name", "store", "path"),
    [
        pytest.param("hello", "/models", "/models/manifests/registry.ollama.ai/library/hello/latest", id="short"),
        pytest.param("qwen2.5:0.5b", "/models/", "/models/manifests/registry.ollama.ai/library/qwen2.5/0.5b", id="tag"),
        pytest.param(LONG, "/models", f"/models/manifests/{MIRROR}/library/hello/latest", id="mirror"),
    ],
)
def test_a_manifest_is_where_ollama_writes_it(name: str, store: str, path: str) -> None:
    assert ModelRef.parse(name).manifest_path(store) == path
