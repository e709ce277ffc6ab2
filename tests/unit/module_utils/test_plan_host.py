# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host allows is used, and what it does not allow is refused or left out with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.plan.wishes import PlanError
from tests.unit.plan_cases import DOCKER, MAC, STRANGER_ON_THE_PORT, planned


def refused(wishes: dict[str, Any] | None = None, **changes: Any) -> str:
    with pytest.raises(PlanError) as caught:
        planned(wishes, **changes)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def placebo(plan: Any, setting: str) -> str:
    """Return the reason why a setting does nothing, "" if it is not listed."""
    return "".join(str(one["reason"]) for one in plan.proof.placebo if one["setting"] == setting)


@pytest.mark.parametrize(
    ("changes", "wish", "runtime"),
    [
        pytest.param({}, "auto", "docker", id="linux"),
        pytest.param({"virtualization": "wsl2"}, "auto", "docker", id="wsl2"),
        pytest.param(MAC, "auto", "native", id="apple-silicon"),
        pytest.param({**MAC, "architecture": "x86_64"}, "auto", "native", id="intel-mac"),
        pytest.param({}, "native", "native", id="as-wished"),
        pytest.param({**MAC, "docker": {**DOCKER, "desktop": True}}, "docker", "docker", id="docker-on-a-mac"),
    ],
)
def test_the_runtime(changes: dict[str, Any], wish: str, runtime: str) -> None:
    assert planned({"runtime": wish}, **changes).server.runtime == runtime


def test_docker_on_a_mac_is_warned_of() -> None:
    assert "no Metal" in " ".join(planned({"runtime": "docker"}, **MAC).why.warnings)


@pytest.mark.parametrize(
    ("uname", "release"), [("x86_64", "amd64"), ("amd64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64")]
)
def test_the_architecture_is_that_of_release_files(uname: str, release: str) -> None:
    assert planned(architecture=uname).server.architecture == release


@pytest.mark.parametrize("uname", ["armv7l", "riscv64", "i686"])
def test_an_architecture_that_nobody_builds_for_is_refused(uname: str) -> None:
    sentence = refused(architecture=uname)
    assert f"Cannot plan laptop3: the processor's architecture is {uname} (needed: x86_64 or aarch64;" in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"service_manager": "openrc"}, "process 1 is openrc (needed: systemd,", id="openrc"),
        pytest.param({"service_manager": None}, "process 1 is not known (needed: systemd,", id="unknown"),
        pytest.param({**MAC, "service_manager": None}, "(needed: launchd,", id="mac"),
        pytest.param({"system": "freebsd"}, "the system is freebsd (needed: Linux or macOS", id="other-system"),
        pytest.param(
            {"virtualization": "wsl2", "service_manager": "init"},
            "Put 'systemd=true' below '[boot]' in /etc/wsl.conf, then run 'wsl --shutdown' in Windows.",
            id="wsl2",
        ),
    ],
)
def test_a_system_that_keeps_nothing_running_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refused(**changes)


def test_a_taken_port_is_refused_with_who_holds_it() -> None:
    assert refused(port_owner=STRANGER_ON_THE_PORT) == (
        "Cannot plan laptop3: port 11434 is taken on 127.0.0.1 by python3 (pid 1203, port-holder.service, "
        "'python3 -m http.server 11434') (needed: a free port, or our own server); nothing was changed. "
        "Stop it, or choose another port, for example with -e nogpu_port=11435."
    )


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        pytest.param(
            {"container": "web", "program": "docker-proxy"}, "docker-proxy (pid 1203, container web,", id="web"
        ),
        pytest.param({"pid": None, "program": None, "command": None}, "only root can see (pid not known", id="unseen"),
        pytest.param({"container": "web", "unit": "ollama.service"}, "container web", id="container-counts-first"),
        pytest.param({"container": None, "unit": "docker.service"}, "docker.service", id="engine-without-container"),
    ],
)
def test_other_strangers_on_the_port(owner: dict[str, Any], words: str) -> None:
    assert words in refused(port_owner={**STRANGER_ON_THE_PORT, **owner})


def test_our_container_under_another_name_is_told_from_a_stranger() -> None:
    renamed = {**STRANGER_ON_THE_PORT, "container": "my-llm", "container_project": "nogpu"}
    assert refused(port_owner=renamed) == (
        "Cannot plan laptop3: port 11434 is served by the container my-llm, which is ours under another name (needed: "
        "ollama-docker); nothing was changed. Give it its name back: sudo docker rename my-llm ollama-docker."
    )


OWN = {"unit_path": "/etc/systemd/system/ollama.service", "command": "/usr/local/bin/ollama serve"}
RUNS: dict[str, Any] = {**OWN, "enabled": True, "active": True, "pid": 612}
RESTS: dict[str, Any] = {**OWN, "enabled": False, "active": False, "pid": None}


def test_somebodys_own_ollama_is_never_replaced_unasked() -> None:
    assert refused(own_ollama=RUNS) == (
        "Cannot plan laptop3: somebody's own Ollama is installed: /etc/systemd/system/ollama.service with "
        "'/usr/local/bin/ollama serve' (it runs, pid 612) (needed: none, or your permission to replace it); nothing "
        "was changed. Keep it and leave this host out of the inventory, or run with -e nogpu_adopt_ollama=true: its "
        "unit is then stopped and disabled while our server runs, and comes back with ./nogpu remove. Its program and "
        "its models stay where they are and are not touched; our server pulls its own models."
    )


@pytest.mark.parametrize(
    ("own", "runtime", "adopted"),
    [
        pytest.param(RUNS, "docker", True, id="running"),
        pytest.param({**RESTS, "enabled": True}, "docker", True, id="would-come-up-at-boot"),
        pytest.param(RESTS, "native", True, id="its-unit-would-be-replaced"),
        pytest.param(RESTS, "docker", False, id="at-rest-beside-docker"),
        pytest.param(None, "native", False, id="none"),
    ],
)
def test_own_ollama_gives_way_only_where_it_must(own: Any, runtime: str, adopted: bool) -> None:
    assert planned({"runtime": runtime, "adopt_ollama": True}, own_ollama=own).server.adopt_ollama is adopted
    if adopted:
        assert "own Ollama is installed" in refused({"runtime": runtime}, own_ollama=own)
    else:
        assert planned({"runtime": runtime}, own_ollama=own).server.runtime == runtime


@pytest.mark.parametrize(
    ("unit", "hand"),
    [
        pytest.param(None, True, id="no-unit"),
        pytest.param("session-2.scope", True, id="session"),
        pytest.param("user@1000.service", True, id="desktop-session"),
        pytest.param("ssh.service", True, id="over-ssh"),
        pytest.param("my-ollama.service", False, id="own-unit"),
    ],
)
def test_an_ollama_started_by_hand_is_named_as_such(unit: str | None, hand: bool) -> None:
    said = refused(port_owner={**STRANGER_ON_THE_PORT, "program": "ollama", "unit": unit})
    assert ("It is an Ollama that somebody started by hand: it stays as it is. End it" in said) is hand


BREWED: dict[str, Any] = {
    "unit_path": "/Users/anna/Library/LaunchAgents/homebrew.mxcl.ollama.plist",
    "command": "/opt/homebrew/opt/ollama/bin/ollama serve",
    **{"enabled": True, "active": True, "pid": 612},
}


@pytest.mark.parametrize("runtime", ["docker", "native"])
@pytest.mark.parametrize("adopt", [False, True])
def test_on_a_mac_ours_never_takes_the_place_of_homebrew_s(runtime: str, adopt: bool) -> None:
    owner = {**STRANGER_ON_THE_PORT, "pid": 612, "program": "ollama", "unit": "homebrew.mxcl.ollama"}
    said = refused({"runtime": runtime, "adopt_ollama": adopt}, **{**MAC, "own_ollama": BREWED, "port_owner": owner})
    assert said == (
        f"Cannot plan laptop3: somebody's own Ollama is installed: {BREWED['unit_path']} with '{BREWED['command']}' "
        "(it runs, pid 612) (needed: none: it takes the port at each login, and on a Mac ours never replaces it); "
        "nothing was changed. End it with `brew services stop ollama`, which keeps its program and its models."
    )


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        pytest.param(
            {"command": "/Applications/Ollama.app/Contents/Resources/ollama serve"},
            "It is the app Ollama: it stays as it is. Quit it in the menu bar, or choose another port",
            id="app",
        ),
        pytest.param(
            {"unit": "homebrew.mxcl.ollama"},
            "It is Homebrew's service: it stays as it is. End it with `brew services stop ollama`, or",
            id="brew-services-run",
        ),
        pytest.param({}, "somebody started by hand: it stays as it is. End it", id="by-hand"),
    ],
)
def test_who_holds_a_mac_s_port_is_said_with_how_it_is_ended(owner: dict[str, Any], words: str) -> None:
    holder = {**STRANGER_ON_THE_PORT, "program": "ollama", "unit": None, **owner}
    assert words in refused({"runtime": "native"}, **{**MAC, "port_owner": holder})


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param({"unit": "ollama.service", "program": "ollama"}, id="service"),
        pytest.param({"unit": "io.nogpu.ollama", "program": "ollama"}, id="launch-agent"),
        pytest.param({"unit": "docker.service", "container": "ollama-docker", "program": "docker-proxy"}, id="stack"),
        pytest.param({"unit": None, "container": "ollama-docker", "program": "dockerd"}, id="engine"),
        pytest.param({"port": 80}, id="another-port"),
    ],
)
def test_our_own_server_may_hold_the_port(owner: dict[str, Any]) -> None:
    assert planned(port_owner={**STRANGER_ON_THE_PORT, **owner}).server.port == 11434


STORE = "/var/lib/nogpu/ollama"


def owned(by: str, **below: str) -> dict[str, Any]:
    return {"read_only": False, "owners": {STORE: by, **{f"{STORE}/{name}": owner for name, owner in below.items()}}}


def test_a_store_of_somebody_elses_is_refused_and_keeps_its_owner() -> None:
    assert refused(store=owned("uid 2000")) == (
        "Cannot plan laptop3: /var/lib/nogpu/ollama belongs to uid 2000 (needed: ollama, as whom Ollama runs); nothing "
        "was changed, as what is in it may be somebody's. Move it away, or give it to Ollama with all that is in it: "
        "sudo useradd --system ollama; sudo chown -R ollama: /var/lib/nogpu/ollama."
    )
    assert "or run Ollama as alice: -e ollama_store_user=alice." in refused(store=owned("alice"))


@pytest.mark.parametrize(
    ("store", "folder"),
    [
        pytest.param(owned("ollama", blobs="root"), "blobs belongs to root", id="copied-by-root"),
        pytest.param(owned("root", blobs="ollama", manifests="alice"), "manifests belongs to alice", id="half-copied"),
    ],
)
def test_what_ollama_makes_in_its_store_has_to_be_its_own(store: dict[str, Any], folder: str) -> None:
    assert f"{STORE}/{folder}" in refused(store=store)


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        pytest.param({"store": owned("ollama", blobs="ollama", manifests="ollama")}, "", id="ours"),
        pytest.param({"store": owned("root")}, "", id="an-empty-disk"),
        pytest.param({"store": owned("alice", blobs="alice")}, "alice", id="ollama-runs-as-its-owner"),
        pytest.param({"store": {"read_only": None, "owners": {}}}, "", id="none-yet"),
        pytest.param({**MAC, "store": {"read_only": True, "owners": {}}}, "", id="a-mac-keeps-it-elsewhere"),
    ],
)
def test_a_store_that_ollama_can_have(changes: dict[str, Any], user: str) -> None:
    assert planned({"store_user": user}, **changes).models.names


def test_a_read_only_disk_is_called_that() -> None:
    said = refused(store={"read_only": True, "owners": {}}, disk_path=STORE)
    assert f"the disk of {STORE} is read-only (needed: one that can be written" in said
    assert "nothing was changed" in said


OURS = {**STRANGER_ON_THE_PORT, "unit": "ollama.service", "program": "ollama"}


def test_a_second_run_plans_what_the_first_did() -> None:
    # The model is loaded and its download is on the disk.
    first = planned()
    second = planned(port_owner=OURS, memory_available_bytes=9_000_000_000, disk_free_bytes=2_000_000_000)
    assert (second.models.names, second.server.memory_limit_bytes, second.server.environment) == (
        first.models.names,
        first.server.memory_limit_bytes,
        first.server.environment,
    )


def test_host_network_is_had_with_docker_on_linux() -> None:
    plan = planned({"host_network": True})
    assert plan.server.host_network
    assert plan.proof.placebo == ()


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        pytest.param({"docker": {**DOCKER, "desktop": True}}, "Docker Desktop", id="desktop-on-linux"),
        pytest.param(MAC, "macOS", id="mac"),
    ],
)
def test_host_network_is_refused_where_docker_is_in_a_virtual_machine(changes: dict[str, Any], seen: str) -> None:
    sentence = refused({"host_network": True, "runtime": "docker"}, **changes)
    assert (
        f"nogpu_host_network is true, but on {seen} Docker runs in a virtual machine (needed: Docker Engine" in sentence
    )


def test_host_network_of_a_native_server_is_placebo() -> None:
    plan = planned({"host_network": True, "runtime": "native"})
    assert not plan.server.host_network
    assert "on the host's network anyway" in placebo(plan, "host_network")


@pytest.mark.parametrize(
    ("changes", "threads", "words"),
    [
        pytest.param({}, 4, "4 performance cores of 4", id="all-cores"),
        pytest.param({"cores_performance": 4, "cores_physical": 12}, 4, "4 performance cores of 12", id="hybrid"),
        pytest.param({"core_kinds_known": False}, 4, "their kinds are not known", id="kinds-unknown"),
        pytest.param({"cpuset_cores": 2}, 2, "of which 2 may be used", id="cpuset"),
        pytest.param({"cpu_quota_cores": 2.9}, 2, "quota of 2.9 cores rounded down", id="quota"),
        pytest.param({"cpu_quota_cores": 16.0}, 4, "4 performance cores of 4", id="large-quota"),
        pytest.param({"cpu_quota_cores": 0.5}, 1, "quota of 0.5 cores needs at least one thread", id="half-a-core"),
        pytest.param({"cpu_quota_cores": 3.0, "cpuset_cores": 2}, 2, "may be used", id="least-of-both"),
    ],
)
def test_threads_and_their_reason(changes: dict[str, Any], threads: int, words: str) -> None:
    plan = planned(**changes)
    assert plan.server.threads == plan.proof.promises["threads"] == plan.proof.request_options["num_thread"] == threads
    assert plan.server.environment["LLAMA_ARG_THREADS"] == str(threads)
    assert words in plan.why.threads


def test_less_than_a_core_is_warned_of() -> None:
    assert "may use 0.5 of a core" in planned(cpu_quota_cores=0.5).why.warnings[0]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        pytest.param(2, "nogpu_cpu_limit is 2, below the 4 threads that compute", id="below-threads"),
        pytest.param(4.5, "nogpu_cpu_limit is 4.5 (needed: none, or a whole number", id="fraction"),
    ],
)
def test_a_cpu_limit_that_slows_down_is_refused(limit: float, words: str) -> None:
    assert words in refused({"cpu_limit": limit})


def test_a_cpu_limit_that_limits_nothing_is_placebo() -> None:
    for limit in (4, 8):
        assert "4 threads never use more" in placebo(planned({"cpu_limit": limit}), "cpu_limit")


@pytest.mark.parametrize(
    ("changes", "runtime", "means"),
    [
        pytest.param({}, "docker", "memswap_limit", id="docker"),
        pytest.param({"docker": None}, "docker", "memswap_limit", id="docker-to-be-installed"),
        pytest.param({}, "native", "MemorySwapMax", id="native"),
        pytest.param(
            {"swap_total_bytes": 0, "cgroup_version": 1, "swap_accounting": False}, "native", "MemorySwapMax", id="none"
        ),
    ],
)
def test_swap_is_ruled_out_and_promised(changes: dict[str, Any], runtime: str, means: str) -> None:
    plan = planned({"runtime": runtime}, **changes)
    assert plan.why.swap_means == means
    assert plan.proof.promises["swap_limit_bytes"] == 0
    assert placebo(plan, "swap_limit_bytes") == ""


NO_COUNT = {"cgroup_version": 1, "swap_accounting": False}


@pytest.mark.parametrize(
    ("changes", "runtime", "words"),
    [
        pytest.param({"docker": {**DOCKER, "swap_limit": False}}, "docker", "No swap limit support", id="engine"),
        pytest.param({**NO_COUNT, "docker": None}, "docker", "swapaccount=1", id="kernel"),
        pytest.param(
            {"cgroup_version": None, "swap_accounting": None, "docker": None}, "docker", "count", id="unknown"
        ),
        pytest.param(
            {**NO_COUNT, "swap_accounting": True}, "native", "only with control groups version 2", id="systemd"
        ),
        pytest.param({**MAC}, "native", "macOS has no limit", id="mac"),
    ],
)
def test_where_swap_cannot_be_ruled_out_it_is_said_and_not_promised(
    changes: dict[str, Any], runtime: str, words: str
) -> None:
    plan = planned({"runtime": runtime}, **changes)
    assert "swap_limit_bytes" not in plan.proof.promises
    assert words in placebo(plan, "swap_limit_bytes")
    assert "Swap cannot be ruled out" in " ".join(plan.why.warnings)


@pytest.mark.parametrize(
    ("changes", "wish", "memlock"),
    [
        pytest.param({}, {}, "unlimited", id="engine-may"),
        pytest.param({}, {"runtime": "native"}, "unlimited", id="native"),
        pytest.param({"docker": None}, {}, "unlimited", id="engine-to-be-installed"),
        pytest.param({"docker": None, "virtualization": "container"}, {}, None, id="engine-in-a-container"),
        pytest.param({"virtualization": "container"}, {"runtime": "native"}, None, id="native-in-a-container"),
        pytest.param({"docker": {**DOCKER, "memlock_unlimited": False}}, {}, None, id="engine-may-not"),
        pytest.param({"docker": {**DOCKER, "memlock_unlimited": None}}, {}, None, id="not-seen"),
        pytest.param(MAC, {}, None, id="mac"),
        pytest.param({"docker": {**DOCKER, "memlock_unlimited": False}}, {"memlock": "unlimited"}, None, id="wished"),
        pytest.param({"docker": {**DOCKER, "memlock_unlimited": False}}, {"memlock": 65536}, 65536, id="bytes"),
    ],
)
def test_memlock_is_unlimited_only_where_the_engine_may(
    changes: dict[str, Any], wish: dict[str, Any], memlock: str | int | None
) -> None:
    plan = planned(wish, **changes)
    assert plan.server.memlock == memlock
    assert plan.proof.promises.get("memlock_bytes") == memlock
    assert (placebo(plan, "memlock_bytes") != "") == (memlock is None or "memlock" in wish)


@pytest.mark.parametrize(
    ("may", "words"),
    [pytest.param(False, "this Docker may not lift it", id="no"), pytest.param(None, "could not be seen", id="unseen")],
)
def test_memlock_is_left_out_with_the_reason(may: bool | None, words: str) -> None:
    assert words in placebo(planned(docker={**DOCKER, "memlock_unlimited": may}), "memlock_bytes")


def test_a_wished_memlock_is_told_to_do_nothing() -> None:
    assert "Ollama locks no memory since 0.7" in placebo(planned({"memlock": "unlimited"}), "memlock_bytes")


@pytest.mark.parametrize(
    ("changes", "wish", "words"),
    [
        pytest.param({}, {"mem_swappiness": 0}, "Docker discards it with control groups version 2", id="v2"),
        pytest.param({"cgroup_version": 1}, {"mem_swappiness": 0}, "Compose takes 0 for 'not set'", id="v1-zero"),
        pytest.param({"cgroup_version": 1}, {"mem_swappiness": 10}, "already leaves no swap", id="v1-ten"),
        pytest.param({}, {"mem_swappiness": 0, "runtime": "native"}, "no such setting for a service", id="native"),
    ],
)
def test_swappiness_is_placebo(changes: dict[str, Any], wish: dict[str, Any], words: str) -> None:
    assert words in placebo(planned(wish, **changes), "mem_swappiness")


def test_before_0_30_threads_are_handed_over_in_the_request() -> None:
    plan = planned({"ollama_version": "0.29.9"})
    assert plan.proof.request_options == {"num_thread": 4}
    assert "num_thread" in placebo(plan, "LLAMA_ARG_THREADS")
    assert placebo(planned({"ollama_version": "0.30.0"}), "LLAMA_ARG_THREADS") == ""


def test_before_0_30_the_cache_stays_f16() -> None:
    plan = planned({"ollama_version": "0.29.9", "kv_cache_type": "q8_0"})
    assert "OLLAMA_KV_CACHE_TYPE" not in plan.server.environment
    assert "keeps f16" in placebo(plan, "kv_cache_type")


EXPOSED = {"expose": True, "listen": "0.0.0.0", "allowed_networks": ["192.168.1.0/24"]}


def test_an_exposed_laptop_promises_who_may_come_in_and_reaches_itself_on_loopback() -> None:
    plan = planned(EXPOSED)
    assert plan.exposure.networks == ("192.168.1.0/24",)
    assert plan.proof.promises["allowed_networks"] == ["192.168.1.0/24"]
    assert plan.server.api_address == "127.0.0.1"


@pytest.mark.parametrize(
    ("listen", "address"),
    [("192.168.1.5", "192.168.1.5"), ("::", "[::1]"), ("fd00::5", "[fd00::5]"), ("127.0.0.2", "127.0.0.2")],
)
def test_the_laptop_asks_its_own_server_where_it_listens(listen: str, address: str) -> None:
    assert planned({**EXPOSED, "listen": listen}).server.api_address == address


@pytest.mark.parametrize("wishes", [{"expose": True}, {"listen": "127.0.0.1", "allowed_networks": ["10.0.0.0/8"]}])
def test_on_loopback_nobody_else_is_let_in(wishes: dict[str, Any]) -> None:
    plan = planned(wishes)
    assert plan.exposure.networks == ()
    assert "allowed_networks" not in plan.proof.promises


@pytest.mark.parametrize(
    ("changes", "seen"),
    [(MAC, "macOS"), ({"docker": {**DOCKER, "desktop": True}}, "Docker Desktop")],
    ids=["mac", "desktop"],
)
def test_exposing_is_refused_where_nobody_can_be_kept_out(changes: dict[str, Any], seen: str) -> None:
    words = refused(EXPOSED, **changes)
    assert f"nogpu_expose is true, but on {seen} no iptables can be asked" in words
    assert "Set nogpu_expose: false" in words


@pytest.mark.parametrize(
    ("changes", "wishes", "words"),
    [
        pytest.param({"power": "battery"}, {}, "Plug it in", id="battery"),
        pytest.param({"load_1m": 2.5}, {}, "is busy (load 2.5 on 4 cores)", id="busy"),
        pytest.param({"cpu_flags": []}, {}, "no AVX2", id="no-avx2"),
        pytest.param({"virtualization": "wsl2"}, {}, ".wslconfig", id="wsl2"),
        pytest.param({"docker": {**DOCKER, "version": "26.1.5"}}, {}, "older than 28", id="old-engine"),
        pytest.param({}, EXPOSED, "Everybody in 192.168.1.0/24 may use", id="exposed"),
        pytest.param({"disk_free_bytes": None}, {}, "free space of /var/lib is not known", id="disk"),
        pytest.param({}, {"kv_cache_type": "q8_0"}, "prompts are read 0.6 times as fast", id="kv-type"),
        pytest.param({}, {"parallel": 4}, "4 conversations at once take", id="parallel"),
        pytest.param({}, {"parallel": 2}, "2 conversations at once take", id="parallel-from-two-on"),
    ],
)
def test_what_a_person_should_know(changes: dict[str, Any], wishes: dict[str, Any], words: str) -> None:
    assert words in " ".join(planned(wishes, **changes).why.warnings)


def test_a_quiet_laptop_warns_of_nothing() -> None:
    assert planned({"models": ["qwen2.5:1.5b"]}).why.warnings == ()
