# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A model store is read in both layouts, and nothing in it leads out of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

import pytest

from plugins.module_utils.apply.ledger.entries import LedgerError
from plugins.module_utils.apply.ledger.model_store import ModelStore
from plugins.module_utils.apply.ledger.probe import LedgerProbe
from plugins.module_utils.apply.ledger.states import ABSENT
from plugins.module_utils.host.programs import Ran
from plugins.module_utils.host.reader import HostReader
from plugins.module_utils.look.models import read_models
from plugins.module_utils.look.probe import read_owners
from plugins.module_utils.ollama import store as store_module
from plugins.module_utils.ollama.model_name import ModelRef
from plugins.module_utils.ollama.store import read_store
from plugins.module_utils.ollama.tags import current_path
from plugins.module_utils.source.client import Source
from plugins.module_utils.source.estimate import wanted
from tests.unit.model_stores import CONFIG, LAYERS, LIST_TYPE, RECORDED, MadeStore, lay_out_store

SHORT, LONG = "hello:latest", "172.29.7.2:5000/library/hello:latest"
SIZE = sum(LAYERS.values()) + 483
HELLO = "ollama.com/library/hello/latest"
FORMER_HELLO = "registry.ollama.ai/library/hello/latest"
MANIFEST_BLOB = "sha256-bf9dbe39d125a70f987459b76bad9181773341bdcb928b6fbace59f62343db78"
NAMES = {"store-1": {LONG}, "store-2": {LONG, SHORT}, "store-3": {SHORT}, "store-4": {SHORT}}
NAMES.update({"store-5": {LONG, SHORT}, "store-6": {LONG, SHORT}})


@pytest.fixture
def made(tmp_path: Path) -> MadeStore:
    return MadeStore(tmp_path / "models")


def look(root: Path, name: str) -> dict[str, str]:
    return LedgerProbe(lambda _: Ran(127, "", ""), str(root)).look("model", name)


def there(root: Path) -> tuple[str, ...]:
    return read_models(HostReader(), str(root), [], Source(timeout=1), "").present


def to_download(root: Path, *models: str) -> list[str]:
    params = {"version": "0.40.2", "mirror": "", "runtime": "native", "system": "linux", "prefix": "/nowhere"}
    asked = {**params, "architecture": "amd64", "store_path": str(root), "models": models, "predicted": {}}
    return [item.name for item in wanted(HostReader(), asked)[1:] if not item.present]


def remove(root: Path, *models: str) -> None:
    store = ModelStore(str(root))
    store.remove(store.parts_of(models))


def all_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_recorded_store_is_read(tmp_path: Path, recorded: str) -> None:
    store = read_store(HostReader(), str(lay_out_store(recorded, tmp_path)))
    assert store.problems == ()
    assert {tag.name for tag in store.models} == NAMES[recorded[:7]]
    for tag in store.models:
        needed = {f"sha256-{digest}" for digest in (*LAYERS, CONFIG)}
        assert needed <= tag.blobs
        assert (MANIFEST_BLOB in tag.blobs) == (not recorded.startswith("store-4"))
        assert (tag.size_bytes, tag.is_complete) == (SIZE, True)


@pytest.mark.parametrize("recorded", RECORDED)
def test_every_reader_sees_the_models_of_a_recorded_store(tmp_path: Path, recorded: str) -> None:
    root, names = lay_out_store(recorded, tmp_path), NAMES[recorded[:7]]
    assert set(there(root)) == names
    assert to_download(root, *sorted(names), "other") == ["other:latest"]
    assert {look(root, name)["state"] for name in names} == {"present"}
    assert look(root, "other") == ABSENT


def test_the_layout_of_a_model_is_no_change_of_it(tmp_path: Path) -> None:
    seen = [look(lay_out_store(f"store-{number}", tmp_path / str(number)), SHORT) for number in (2, 3, 4, 5, 6)]
    assert seen[0]["layers_sha256"]
    assert all(each == seen[0] for each in seen)


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_recorded_store_is_empty_after_the_removal_of_its_models(tmp_path: Path, recorded: str) -> None:
    root = lay_out_store(recorded, tmp_path)
    former = [name for name in all_below(root) if name == "manifests"]
    remove(root, *NAMES[recorded[:7]])
    assert all_below(root) == ["blobs", *former]


@pytest.mark.parametrize("recorded", ["store-2", "store-5", "store-6"])
def test_a_blob_stays_while_another_name_needs_it(tmp_path: Path, recorded: str) -> None:
    root = lay_out_store(recorded, tmp_path)
    blobs = sorted((root / "blobs").iterdir())
    remove(root, SHORT)
    assert sorted((root / "blobs").iterdir()) == blobs
    assert not (root / "manifests-v2" / "ollama.com").exists()
    assert {tag.name for tag in read_store(HostReader(), str(root)).models} == {LONG}


@pytest.mark.parametrize("how", ["link", "hard link", "copy"])
def test_a_tag_is_a_link_to_its_manifest_or_a_copy_of_it(made: MadeStore, how: str) -> None:
    text = made.manifest("weights", "license")
    made.current(HELLO, text, how)
    (tag,) = made.read().models
    assert (tag.name, tag.size_bytes, tag.is_complete) == (SHORT, 14, True)
    assert tag.blobs == {path.name for path in (made.root / "blobs").iterdir()}
    remove(made.root, "hello")
    assert all_below(made.root) == ["blobs"]


def test_both_forms_of_a_tag_go_and_the_other_models_keep_what_they_need(made: MadeStore) -> None:
    ours, theirs = made.manifest("weights", "shared"), made.manifest("theirs", "shared")
    made.current(HELLO, ours)
    made.former(FORMER_HELLO, ours)
    kept = made.former("registry.ollama.ai/library/theirs/1b", theirs)
    remove(made.root, "hello")
    assert {tag.name for tag in made.read().models} == {"theirs:1b"}
    assert made.read().models[0].is_complete
    assert len(list((made.root / "blobs").iterdir())) == 2
    assert kept.read_bytes() == theirs


@pytest.mark.parametrize(("of_theirs", "of_ours"), [("former", "current"), ("current", "former")])
def test_a_blob_that_the_other_layout_needs_stays(made: MadeStore, of_theirs: str, of_ours: str) -> None:
    host = {"former": "registry.ollama.ai", "current": "ollama.com"}
    getattr(made, of_theirs)(f"{host[of_theirs]}/library/theirs/1b", made.manifest("shared", "theirs"))
    getattr(made, of_ours)(f"{host[of_ours]}/library/hello/latest", made.manifest("ours", "shared"))
    remove(made.root, "hello")
    (tag,) = made.read().models
    assert (tag.name, tag.is_complete) == ("theirs:1b", True)


def converted(made: MadeStore) -> tuple[bytes, bytes]:
    """Lay out what 0.40 leaves after a conversion: a list, the former manifest written again, and a shadow tag."""
    published = made.manifest("weights", "license", runner="ggml", format="gguf")
    child = made.manifest("converted weights", "license", runner="llamacpp", format="gguf")
    made.current(HELLO, made.list_of(ggml=published, llamacpp=child))
    made.former(FORMER_HELLO, published)
    digest = made.blob(child).partition("-")[2]
    made.former(f"registry.ollama.ai/library/llamacpp/{digest}", child)
    return published, child


def test_a_converted_model_is_one_model_with_the_same_identity(made: MadeStore, tmp_path: Path) -> None:
    plain = MadeStore(tmp_path / "plain")
    plain.former(FORMER_HELLO, plain.manifest("weights", "license"))
    converted(made)
    assert look(made.root, "hello") == look(plain.root, "hello")
    assert there(made.root) == (SHORT,)
    (tag,) = made.read().models
    assert tag.size_bytes == len("converted weights" + "license")
    assert {path.name for path in (made.root / "blobs").iterdir()} == tag.blobs
    other = MadeStore(tmp_path / "other")
    other.former(FORMER_HELLO, other.manifest("newer weights", "license"))
    assert look(other.root, "hello") != look(plain.root, "hello")


def test_a_converted_model_goes_with_its_list_its_children_and_its_shadow(made: MadeStore) -> None:
    converted(made)
    remove(made.root, "hello")
    assert all_below(made.root) == ["blobs", "manifests"]


def test_a_shadow_that_another_model_needs_stays(made: MadeStore) -> None:
    published, child = converted(made)
    made.current("ollama.com/library/copy/latest", made.list_of(ggml=published, llamacpp=child))
    before = sorted((made.root / "blobs").iterdir())
    remove(made.root, "hello")
    assert sorted((made.root / "blobs").iterdir()) == before
    assert sum(tag.is_shadow for tag in made.read().tags) == 1


def test_a_model_of_somebody_that_is_named_llamacpp_is_no_shadow(made: MadeStore) -> None:
    made.former("registry.ollama.ai/library/llamacpp/1b", made.manifest("weights"))
    assert there(made.root) == ("llamacpp:1b",)


def test_of_a_list_only_one_child_was_pulled(made: MadeStore) -> None:
    mlx = made.manifest("other weights")
    made.current(HELLO, made.list_of(llamacpp=made.manifest("weights"), mlx=mlx))
    for text in (b"other weights", mlx):
        (made.root / "blobs" / made.blob(text)).unlink()
    store = made.read()
    assert store.problems == ()
    assert (store.models[0].size_bytes, store.models[0].is_complete) == (7, True)


def test_a_child_may_stand_in_the_list_itself(made: MadeStore) -> None:
    child = {**json.loads(made.manifest("weights")), "runner": "ggml"}
    made.current(HELLO, json.dumps({"mediaType": LIST_TYPE, "manifests": [child]}).encode())
    (tag,) = made.read().models
    assert (tag.size_bytes, tag.is_complete) == (7, True)


@pytest.mark.parametrize("layer", ["weights", "license"])
def test_a_model_with_a_missing_blob_is_not_complete(made: MadeStore, layer: str) -> None:
    made.current(HELLO, made.manifest("weights", "license"))
    (made.root / "blobs" / made.blob(layer.encode())).unlink()
    (tag,) = made.read().models
    assert (tag.size_bytes, tag.is_complete) == (None, False)
    assert there(made.root) == ()
    assert to_download(made.root, "hello") == [SHORT]
    assert look(made.root, "hello")["state"] == "present"


def test_an_older_manifest_of_a_model_goes_with_it_and_other_blobs_stay(made: MadeStore) -> None:
    made.current(HELLO, made.manifest("weights"))
    made.blob(made.manifest("weights", runner="ggml"))
    other = made.blob(made.manifest("of another store layout"))
    remove(made.root, "hello")
    assert {path.name for path in (made.root / "blobs").iterdir()} == {other, made.blob(b"of another store layout")}


# What a hostile or damaged store may have in the place of a tag; each returns the words that name it.
def leads_out(made: MadeStore, tag: Path) -> str:
    (made.root.parent / "secret").write_bytes(made.manifest("weights"))
    tag.symlink_to("../../../../../secret")
    return "is a link to '../../../../../secret', which is not a blob of this store"


def leads_to_the_root(made: MadeStore, tag: Path) -> str:
    tag.symlink_to("/etc/passwd")
    return "is a link to '/etc/passwd', which is not a blob"


def leads_to_another_place(made: MadeStore, tag: Path) -> str:
    (made.root / "notes").write_bytes(made.manifest("weights"))
    tag.symlink_to("../../../../notes")
    return "which is not a blob of this store"


def leads_into_a_folder_of_blobs(made: MadeStore, tag: Path) -> str:
    (made.root / "blobs" / "deep").mkdir()
    tag.symlink_to("../../../../blobs/deep/sha256-a")
    return "which is not a blob of this store"


def leads_to_the_blobs(made: MadeStore, tag: Path) -> str:
    tag.symlink_to("../../../../blobs")
    return "which is not a blob of this store"


def leads_to_itself(made: MadeStore, tag: Path) -> str:
    tag.symlink_to(tag.name)
    return "which is not a blob of this store"


def leads_in_a_circle_through_a_blob(made: MadeStore, tag: Path) -> str:
    (made.root / "blobs" / "sha256-a").symlink_to(tag)
    tag.symlink_to("../../../../blobs/sha256-a")
    return "blobs/sha256-a is not a file"


def leads_out_through_a_blob(made: MadeStore, tag: Path) -> str:
    (made.root / "blobs" / "sha256-a").symlink_to("/etc/passwd")
    tag.symlink_to("../../../../blobs/sha256-a")
    return "blobs/sha256-a is not a file"


def its_blob_is_missing(made: MadeStore, tag: Path) -> str:
    tag.symlink_to("../../../../blobs/sha256-a")
    return "the blob sha256-a is missing"


def is_a_folder(made: MadeStore, tag: Path) -> str:
    tag.mkdir()
    return "it is a folder"


def is_a_pipe(made: MadeStore, tag: Path) -> str:
    os.mkfifo(tag)
    return "is not a file"


def is_not_json(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(b"\xff{")
    return "UnicodeDecodeError"


def is_half_a_manifest(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(made.manifest("weights")[:40])
    return "JSONDecodeError"


def is_nested_too_deep(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(b"[" * 50_000)
    return "RecursionError"


def is_another_value(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(b'["layers"]')
    return "AttributeError"


def has_no_layers(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(b"{}")
    return "KeyError: 'layers'"


def has_layers_that_are_no_layers(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(b'{"layers": ["sha256:a"]}')
    return "AttributeError"


def is_too_large(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(made.manifest("weights").ljust(70_000))
    return "is larger than 65536 bytes"


def is_a_list_in_a_list(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(made.list_of(ggml=made.list_of()))
    return "a list of manifests inside a list"


def names_itself_as_its_child(made: MadeStore, tag: Path) -> str:
    said = {"mediaType": LIST_TYPE, "manifests": [{"digest": "sha256:a", "runner": "ggml"}]}
    (made.root / "blobs" / "sha256-a").write_text(json.dumps(said))
    tag.symlink_to("../../../../blobs/sha256-a")
    return "a list of manifests inside a list"


def has_a_child_that_is_not_json(made: MadeStore, tag: Path) -> str:
    tag.write_bytes(made.list_of(ggml=b"no json"))
    return "JSONDecodeError"


HOSTILE = [
    *(leads_out, leads_to_the_root, leads_to_another_place, leads_into_a_folder_of_blobs, leads_to_the_blobs),
    *(leads_to_itself, leads_in_a_circle_through_a_blob, leads_out_through_a_blob, its_blob_is_missing),
    *(is_a_folder, is_a_pipe, is_not_json, is_half_a_manifest, is_nested_too_deep, is_another_value),
    *(has_no_layers, has_layers_that_are_no_layers, is_too_large, is_a_list_in_a_list, names_itself_as_its_child),
    *(has_a_child_that_is_not_json,),
]


@pytest.mark.parametrize("place", ["manifests-v2/ollama.com", "manifests/registry.ollama.ai"])
@pytest.mark.parametrize("damage", HOSTILE, ids=lambda each: each.__name__)
def test_what_cannot_be_read_is_named_and_nothing_is_removed(
    made: MadeStore, monkeypatch: pytest.MonkeyPatch, damage: Callable[[MadeStore, Path], str], place: str
) -> None:
    monkeypatch.setattr(store_module, "LARGEST_MANIFEST_BYTES", 65536)
    made.current("ollama.com/library/ours/latest", made.manifest("weights"))
    tag = made.root / place / "library" / "hello" / "latest"
    tag.parent.mkdir(parents=True)
    words = damage(made, tag)
    store = made.read()
    assert [problem.path for problem in store.problems] == [str(tag)]
    assert words in store.problems[0].seen
    assert there(made.root) == ("ours:latest",)
    before = all_below(made.root)
    with pytest.raises(LedgerError, match=r"hello/latest: .*No model was removed"):
        remove(made.root, "ours")
    assert all_below(made.root) == before


@pytest.mark.parametrize("digest", ["sha256:../../../secret", "../../secret", "sha256:", "", "sha256:a/b", None])
def test_a_digest_with_a_path_in_it_names_no_file(made: MadeStore, digest: str | None) -> None:
    (made.root.parent / "secret").write_text("secret")
    made.current(HELLO, json.dumps({"layers": [{"digest": digest, "size": 6}]}).encode())
    (tag,) = made.read().models
    assert len(tag.blobs) == 1
    assert (tag.is_complete, there(made.root)) == (False, ())
    remove(made.root, "hello")
    assert (made.root.parent / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("bad%ZZhost/library/hello/latest", id="percent that is no encoding"),
        pytest.param("bad%2Fhost/library/hello/latest", id="another encoding"),
        pytest.param("ollama.com/library/hello/.manifest-123", id="a file that 0.40 was writing"),
        pytest.param("ollama.com/library/hello", id="too few parts"),
        pytest.param("ollama.com/li brary/hello/latest", id="space"),
    ],
)
def test_a_file_without_a_name_is_no_model_and_keeps_its_blobs(made: MadeStore, place: str) -> None:
    text = made.manifest("weights")
    made.current(place, text)
    assert (made.read().models, there(made.root)) == ((), ())
    made.current("ollama.com/library/ours/latest", text)
    remove(made.root, "ours")
    assert (made.root / "blobs" / made.blob(b"weights")).exists()
    assert made.left()[-1] == f"manifests-v2/{place}"


def test_a_ports_colon_is_encoded_in_either_case(made: MadeStore) -> None:
    made.current("172.29.7.2%3a5000/library/hello/latest", made.manifest("weights"))
    assert there(made.root) == (LONG,)


@pytest.mark.parametrize("name", ["hello", "someone/hello:1b", "172.29.7.2:5000/library/hello"])
def test_a_name_has_one_place_in_the_layout_of_0_40(made: MadeStore, name: str) -> None:
    path = current_path(ModelRef.parse(name), str(made.root))
    made.current(os.path.relpath(path, made.root / "manifests-v2"), made.manifest("weights"))
    tag = made.read().find(ModelRef.parse(name))
    assert tag is not None
    assert tag.paths == (path,)


def test_the_place_of_a_name_has_no_colon(made: MadeStore) -> None:
    place = "/models/manifests-v2/172.29.7.2%3A5000/library/hello/latest"
    assert current_path(ModelRef.parse(LONG), "/models/") == place


def test_a_folder_that_a_server_of_0_40_made_goes_with_the_model(made: MadeStore) -> None:
    made.former(FORMER_HELLO, made.manifest("weights"))
    (made.root / "manifests-v2" / "ollama.com").mkdir(parents=True)
    remove(made.root, "hello")
    assert all_below(made.root) == ["blobs", "manifests"]


def test_a_large_file_is_read_only_in_part(made: MadeStore) -> None:
    (made.root / "large").write_bytes(b"12345")
    assert HostReader().content(str(made.root / "large"), 3) == b"123"


def test_the_public_registry_has_two_names(made: MadeStore) -> None:
    made.current(HELLO, made.manifest("weights"))
    assert look(made.root, "ollama.com/library/hello")["state"] == "present"


@pytest.mark.parametrize("layout", ["manifests", "manifests-v2"])
def test_a_layout_that_is_a_link_is_not_followed(made: MadeStore, layout: str) -> None:
    elsewhere = MadeStore(made.root.parent / "elsewhere")
    elsewhere.current("ollama.com/library/hello/latest", elsewhere.manifest("weights"))
    (made.root / layout).symlink_to(elsewhere.root / "manifests-v2")
    assert made.read().tags[0].name == ""
    assert [problem.path for problem in made.read().problems] == [str(made.root / layout)]
    with pytest.raises(LedgerError, match=f"Could not look at model hello: .*/{layout}: it is a link"):
        look(made.root, "hello")


def test_a_link_to_a_folder_of_names_is_not_followed(made: MadeStore) -> None:
    made.current(HELLO, made.manifest("weights"))
    os.rename(made.root / "manifests-v2" / "ollama.com", made.root.parent / "elsewhere")
    (made.root / "manifests-v2" / "ollama.com").symlink_to(made.root.parent / "elsewhere")
    assert made.read().models == ()
    with pytest.raises(LedgerError, match="Could not look at model hello"):
        look(made.root, "hello")
    assert look(made.root, LONG) == ABSENT
    with pytest.raises(LedgerError, match="No model was removed"):
        remove(made.root, "hello")


def test_blobs_that_are_elsewhere_are_not_read(made: MadeStore) -> None:
    made.current(HELLO, made.manifest("weights"))
    os.rename(made.root / "blobs", made.root.parent / "elsewhere")
    (made.root / "blobs").symlink_to(made.root.parent / "elsewhere")
    assert there(made.root) == ()
    with pytest.raises(LedgerError, match="is missing"):
        remove(made.root, "hello")


def test_a_folder_that_is_gone_meanwhile_is_named(made: MadeStore) -> None:
    class Reader(HostReader):
        def kinds(self, path: str) -> dict[str, str] | None:
            return None if path.endswith("/library") else super().kinds(path)

    made.current(HELLO, made.manifest("weights"))
    (problem,) = read_store(Reader(), str(made.root)).problems
    assert (problem.path, problem.seen) == (f"{made.root}/manifests-v2/ollama.com/library", "it cannot be listed")


def test_a_layout_of_a_later_version_stops_the_removal(made: MadeStore) -> None:
    made.current(HELLO, made.manifest("weights"))
    (made.root / "manifests-v3").mkdir()
    with pytest.raises(LedgerError, match="manifests-v3: this layout of a model store is not known"):
        remove(made.root, "hello")


def test_a_store_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    (problem,) = read_store(HostReader(), str(tmp_path / "models")).problems
    assert problem.seen == "it cannot be listed"


def test_a_link_to_a_folder_keeps_the_folder_it_is_in(made: MadeStore) -> None:
    made.former(FORMER_HELLO, made.manifest("weights"))
    note = made.root / "manifests" / "registry.ollama.ai" / "mine"
    note.symlink_to(made.root)
    store = ModelStore(str(made.root))
    assert str(note) in store.files()
    assert str(note.parent) not in store.emptied_by({str(made.root / "manifests" / FORMER_HELLO)})


@pytest.mark.parametrize("recorded", RECORDED)
def test_the_owner_of_each_folder_of_a_store_is_known(tmp_path: Path, recorded: str) -> None:
    root = lay_out_store(recorded, tmp_path)
    folders = {str(path) for path in (root, *root.iterdir())}
    assert set(read_owners(HostReader(), str(root))) == folders
