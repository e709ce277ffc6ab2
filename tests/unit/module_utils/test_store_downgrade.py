# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a server before Ollama 0.40 needs on a store of 0.40; `listed` is what such a server lists."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from plugins.module_utils.host.reader import HostReader
from plugins.module_utils.ollama.store import read_store
from plugins.module_utils.ollama.store_downgrade import FormerTag, StoreWriteError, former_tags, write_former_tags
from tests.unit.model_stores import RECORDED, MadeStore, lay_out_store

LONG_PLACE, SHORT_PLACE = "172.29.7.2:5000/library/hello/latest", "registry.ollama.ai/library/hello/latest"
TO_WRITE = {"store-1": [LONG_PLACE], "store-2": [LONG_PLACE, SHORT_PLACE], "store-3": [SHORT_PLACE], "store-4": []}
TO_WRITE.update({"store-5": [LONG_PLACE, SHORT_PLACE], "store-6": [LONG_PLACE, SHORT_PLACE]})


@pytest.fixture
def made(tmp_path: Path) -> MadeStore:
    return MadeStore(tmp_path / "models")


def listed(root: Path) -> dict[str, bytes]:
    """Return the tags that a server before 0.40 sees, with what it reads in them."""
    top = root / "manifests"
    return {str(path.relative_to(top)): path.read_bytes() for path in top.glob("*/*/*/*") if not path.is_dir()}


def go_down(root: Path) -> dict[str, str]:
    found = former_tags(read_store(HostReader(), str(root)))
    write_former_tags(str(root), found.tags)
    return dict(found.left)


@pytest.mark.parametrize("recorded", RECORDED)
def test_an_older_server_sees_each_model_of_a_recorded_store(tmp_path: Path, recorded: str) -> None:
    root = lay_out_store(recorded, tmp_path)
    found = former_tags(read_store(HostReader(), str(root)))
    assert [os.path.relpath(tag.path, root / "manifests") for tag in found.tags] == TO_WRITE[recorded[:7]]
    assert found.left == {}
    before = {path: path.lstat() for path in root.rglob("*") if not path.is_dir()}
    assert go_down(root) == {}
    assert set(TO_WRITE[recorded[:7]]) <= set(listed(root))
    for text in listed(root).values():
        needed = [each["digest"].replace(":", "-") for each in json.loads(text)["layers"]]
        assert all((root / "blobs" / name).exists() for name in needed)
    assert {path: path.lstat() for path in before} == before
    assert former_tags(read_store(HostReader(), str(root))).tags == ()


@pytest.mark.parametrize("how", ["link", "hard link", "copy"])
def test_the_tag_is_a_copy_of_the_manifest(made: MadeStore, how: str) -> None:
    text = made.manifest("weights")
    made.current("ollama.com/someone/hello/1b", text, how)
    assert go_down(made.root) == {}
    assert listed(made.root) == {"registry.ollama.ai/someone/hello/1b": text}
    path = made.root / "manifests/registry.ollama.ai/someone/hello/1b"
    assert (path.stat().st_nlink, path.is_symlink(), oct(path.stat().st_mode)) == (1, False, "0o100644")


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        pytest.param(("mlx", "llamacpp", "ggml"), "ggml", id="what was published before what was converted"),
        pytest.param(("mlx", "llamacpp"), "llamacpp", id="the converted weights where there are no others"),
        pytest.param(("ggml",), "ggml", id="the only one"),
    ],
)
def test_of_a_list_the_child_is_taken_that_an_older_server_runs(
    made: MadeStore, there: tuple[str, ...], taken: str
) -> None:
    children = {runner: made.manifest(f"weights of {runner}") for runner in ("mlx", "llamacpp", "ggml")}
    made.current("ollama.com/library/hello/latest", made.list_of(**children))
    for runner in set(children) - set(there):
        (made.root / "blobs" / made.blob(children[runner])).unlink()
    assert go_down(made.root) == {}
    assert listed(made.root) == {SHORT_PLACE: children[taken]}


def test_a_child_whose_weights_are_not_there_is_not_taken(made: MadeStore) -> None:
    children = {"ggml": made.manifest("weights"), "llamacpp": made.manifest("converted")}
    made.current("ollama.com/library/hello/latest", made.list_of(**children))
    (made.root / "blobs" / made.blob(b"weights")).unlink()
    go_down(made.root)
    assert listed(made.root) == {SHORT_PLACE: children["llamacpp"]}


@pytest.mark.parametrize("missing", ["mlx only", "no weights"])
def test_a_model_that_no_older_server_runs_is_named(made: MadeStore, missing: str) -> None:
    runner = "mlx" if missing == "mlx only" else "ggml"
    made.current("ollama.com/library/hello/latest", made.list_of(**{runner: made.manifest("weights")}))
    if missing == "no weights":
        (made.root / "blobs" / made.blob(b"weights")).unlink()
    assert go_down(made.root) == {
        "hello:latest": "no weights that a server before Ollama 0.40 can run are complete on this computer"
    }
    assert listed(made.root) == {}


def test_a_tag_of_the_former_layout_stays_as_it_is(made: MadeStore) -> None:
    former = made.manifest("weights", format="gguf")
    children = {"ggml": made.manifest("weights"), "llamacpp": made.manifest("converted")}
    made.current("ollama.com/library/hello/latest", made.list_of(**children))
    made.former(SHORT_PLACE, former)
    made.former(f"registry.ollama.ai/library/llamacpp/{'a' * 64}", children["llamacpp"])
    before = listed(made.root)
    assert go_down(made.root) == {}
    assert listed(made.root) == before


@pytest.mark.parametrize("damage", ["half", "link"])
def test_a_damaged_tag_of_the_former_layout_is_written_anew(made: MadeStore, damage: str) -> None:
    text = made.manifest("weights")
    made.current("ollama.com/library/hello/latest", text)
    secret = made.root.parent / "secret"
    secret.write_text("secret")
    path = made.former(SHORT_PLACE, text[:20])
    if damage == "link":
        path.unlink()
        path.symlink_to(secret)
    assert list(go_down(made.root)) == [str(path)]
    assert listed(made.root) == {SHORT_PLACE: text}
    assert (secret.read_text(), path.is_symlink()) == ("secret", False)


def test_what_cannot_be_read_is_named_and_the_rest_is_written(made: MadeStore) -> None:
    made.current("ollama.com/library/hello/latest", made.manifest("weights"))
    broken = made.current("ollama.com/library/other/latest", made.manifest("lost"))
    (made.root / "blobs" / os.path.basename(os.readlink(broken))).unlink()
    left = go_down(made.root)
    assert list(left) == [str(broken)]
    assert "is missing" in left[str(broken)]
    assert list(listed(made.root)) == [SHORT_PLACE]


def test_shadows_and_files_without_a_name_are_not_copied(made: MadeStore) -> None:
    made.current(f"ollama.com/library/llamacpp/{'a' * 64}", made.manifest("weights"))
    made.current("ollama.com/library/hello/.manifest-1", made.manifest("weights"))
    assert go_down(made.root) == {}
    assert listed(made.root) == {}


@pytest.mark.parametrize("place", ["manifests", "manifests/registry.ollama.ai", "manifests/registry.ollama.ai/library"])
def test_nothing_is_written_through_a_link(made: MadeStore, place: str) -> None:
    elsewhere = made.root.parent / "elsewhere"
    elsewhere.mkdir()
    (made.root / place).parent.mkdir(parents=True, exist_ok=True)
    (made.root / place).symlink_to(elsewhere)
    tag = FormerTag("hello:latest", str(made.root / "manifests" / SHORT_PLACE), b"{}")
    with pytest.raises(StoreWriteError, match=r"tag of hello:latest.*File exists.*Do not start such a server"):
        write_former_tags(str(made.root), [tag])
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_the_folders_belong_to_the_owner_of_the_store(made: MadeStore) -> None:
    made.current("ollama.com/library/hello/latest", made.manifest("weights"))
    os.chown(made.root, 4321, 4322)
    go_down(made.root)
    below = [made.root / "manifests", *(made.root / "manifests").rglob("*")]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in below} == {(4321, 4322)}
    assert len(below) == 5
