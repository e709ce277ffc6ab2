# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations

import pytest

from plugins.module_utils.apply.docker_desktop.wsl_in_force import (
    InForce,
    state,
    swap_total_mib,
    waiting,
)
from plugins.module_utils.apply.docker_desktop.wslconfig import meaning, merge, present, remarks, size_text
from plugins.module_utils.apply.docker_desktop.wslconfig_bytes import WslConfigError, decode

MEMORY = {"memory": "12GB"}
NOTEPAD = "[wsl2]\r\nmemory=4GB\r\n"


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        pytest.param("", MEMORY, "[wsl2]\r\nmemory=12GB\r\n", id="no-file-yet-has-windows-ends-of-lines"),
        pytest.param("[wsl2]\nmemory=4GB\n", MEMORY, "[wsl2]\nmemory=12GB\n", id="lf-stays-lf"),
        pytest.param(NOTEPAD, MEMORY, "[wsl2]\r\nmemory=12GB\r\n", id="crlf-stays-crlf"),
        pytest.param(
            "[wsl2]\r\nswap=0\r\n",
            MEMORY,
            "[wsl2]\r\nswap=0\r\nmemory=12GB\r\n",
            id="a-new-line-ends-as-its-neighbours",
        ),
        pytest.param("[wsl2]\nswap=0", MEMORY, "[wsl2]\nswap=0\nmemory=12GB", id="no-end-of-the-last-line"),
        pytest.param("[WSL2]\nMemory=4GB\n", MEMORY, "[WSL2]\nMemory=12GB\n", id="names-in-any-case"),
        pytest.param(
            "# mine\n[wsl2]  # vm\nmemory = 4GB  # half\nkernel=C:\\\\k\n",
            MEMORY,
            "# mine\n[wsl2]  # vm\nmemory = 12GB  # half\nkernel=C:\\\\k\n",
            id="comments-spaces-and-other-keys-stay",
        ),
        pytest.param(
            "[wsl2]\nswap=0\n\n# about experiments\n[experimental]\nsparseVhd=true\n",
            MEMORY,
            "[wsl2]\nswap=0\nmemory=12GB\n\n# about experiments\n[experimental]\nsparseVhd=true\n",
            id="a-new-key-goes-behind-the-last-of-its-section",
        ),
        pytest.param(
            "[experimental]\nsparseVhd=true",
            MEMORY,
            "[experimental]\nsparseVhd=true\n\n[wsl2]\nmemory=12GB\n",
            id="a-new-section-goes-to-the-end",
        ),
        pytest.param("[wsl2]", MEMORY, "[wsl2]\r\nmemory=12GB", id="a-header-and-nothing-else"),
        pytest.param(
            "[wsl2]\nmemory=4GB\nmemory=6GB\n[wsl2]\nmemory=8GB\n",
            MEMORY,
            "[wsl2]\nmemory=12GB\nmemory=12GB\n[wsl2]\nmemory=12GB\n",
            id="a-key-that-stands-twice-is-set-twice",
        ),
        pytest.param("[wsl2]\nmemory=\n", MEMORY, "[wsl2]\nmemory=12GB\n", id="no-value"),
        pytest.param("[wsl2]\nmemory=12GiB\n", MEMORY, "[wsl2]\nmemory=12GB\n", id="a-unit-that-wsl-does-not-know"),
        pytest.param('[wsl2]\nmemory="4GB\n', MEMORY, "[wsl2]\nmemory=12GB\n", id="a-quote-that-is-not-closed"),
        pytest.param(
            "[wsl2]\nmemory=4\\\nGB # x\n", MEMORY, "[wsl2]\nmemory=12GB # x\n", id="our-value-over-two-lines-is-one"
        ),
        pytest.param(
            "[wsl2]\nkernelCommandLine=quiet \\\nmemory=4GB\n",
            MEMORY,
            "[wsl2]\nkernelCommandLine=quiet \\\nmemory=4GB\nmemory=12GB\n",
            id="a-continued-line-is-no-key",
        ),
        pytest.param(
            "[wsl2]\nswapfile=C:\\Users\\",
            MEMORY,
            "[wsl2]\nswapfile=C:\\Users\\\n\nmemory=12GB",
            id="a-backslash-at-the-end-does-not-swallow-the-new-key",
        ),
        pytest.param(
            "[ wsl2 ]\nmemory=4GB\n", MEMORY, "[ wsl2 ]\nmemory=4GB\n\n[wsl2]\nmemory=12GB\n", id="no-section"
        ),
        pytest.param("memory=4GB\n[wsl2]\n", MEMORY, "memory=4GB\n[wsl2]\nmemory=12GB\n", id="a-key-before-sections"),
        pytest.param("#[wsl2]\n", MEMORY, "#[wsl2]\n\n[wsl2]\nmemory=12GB\n", id="a-commented-section"),
        pytest.param(
            "[experimental]\nnetworkingMode=nat\n",
            {"networkingMode": "mirrored"},
            "[experimental]\nnetworkingMode=mirrored\n",
            id="the-network-mode-where-it-was-experimental",
        ),
        pytest.param(
            "# j\u00fcrgens\u2028x\n[wsl2]\n",
            MEMORY,
            "# j\u00fcrgens\u2028x\n[wsl2]\nmemory=12GB\n",
            id="signs-that-only-look-like-ends-of-lines",
        ),
        pytest.param(
            "[wsl2]\n",
            {"memory": "12GB", "processors": "8", "swap": "0"},
            "[wsl2]\nmemory=12GB\nprocessors=8\nswap=0\n",
            id="several-keys",
        ),
    ],
)
def test_a_merge_changes_our_keys_and_nothing_else(text: str, wanted: dict[str, str], expected: str) -> None:
    merged = merge(text, wanted)
    assert merged == expected
    assert merge(merged, wanted) == merged
    assert {key: present(merged, key) for key in wanted} == {key: meaning(key, wanted[key]) for key in wanted}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("[wsl2]\nmemory=12288MB\n", MEMORY, id="the-same-size-in-another-unit"),
        pytest.param("[wsl2]\nmemory=12884901888\n", MEMORY, id="the-same-size-in-bytes-as-wsl-settings-writes-it"),
        pytest.param('[wsl2]\nmemory = "12G" # mine\n', MEMORY, id="quoted"),
        pytest.param("[wsl2]\nprocessors=0x8\n", {"processors": "8"}, id="hexadecimal"),
        pytest.param("[wsl2]\nNetworkingMode=Mirrored\n", {"networkingMode": "mirrored"}, id="word-in-another-case"),
        pytest.param("[wsl2]\nswap=0MB\n", {}, id="nothing-asked"),
    ],
)
def test_what_is_said_already_stays_to_the_letter(text: str, wanted: dict[str, str]) -> None:
    assert merge(text, wanted) == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        pytest.param("utf-8", b"", id="utf-8"),
        pytest.param("utf-8", b"\xef\xbb\xbf", id="utf-8-with-mark"),
        pytest.param("utf-16-le", b"\xff\xfe", id="utf-16-as-old-notepad-saves-it"),
    ],
)
def test_the_encoding_stays(codec: str, mark: bytes, end: str) -> None:
    text = f"# gr\u00f6\u00dfe{end}[wsl2]{end}memory=4GB{end}"
    document = decode(mark + text.encode(codec))
    assert document.text == text
    assert document.encode(merge(document.text, MEMORY)) == mark + text.replace("4GB", "12GB").encode(codec)


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        pytest.param(b"\xfe\xff\0[\0w", "it is UTF-16 big endian", id="utf-16-big-endian"),
        pytest.param(b"\xff\xfe\0\0[\0\0\0", "it is UTF-32", id="utf-32"),
        pytest.param("[wsl2]\r\n".encode("utf-16-le"), "it holds NUL bytes", id="utf-16-without-mark"),
        pytest.param(b"[wsl2]\r\n# gr\xf6\xdfe\r\n", "line 2 has the byte 0xf6, which is not UTF-8", id="ansi"),
        pytest.param(b"\xff\xfe[\0w", "which is not UTF-16-LE", id="half-a-character"),
    ],
)
def test_an_encoding_that_wsl_cannot_read_is_refused(data: bytes, seen: str) -> None:
    with pytest.raises(WslConfigError) as refused:
        decode(data)
    assert seen in str(refused.value)
    assert "was needed). Save it in Notepad as UTF-8." in str(refused.value)


def test_lines_that_wsl_ignores_are_named() -> None:
    text = "memory=4GB\n[ wsl2 ]\n[boot]\nswap=0\n[wsl2]\nprocessors=2\n[experimental]\nnetworkingMode=nat\n"
    assert remarks(text) == (
        'line 2: "[ wsl2 ]" is not a section to WSL ([wsl2] was needed)',
        "line 1: 'memory' stands before any section, where WSL ignores it",
        "line 4: 'swap' stands in [boot], where WSL ignores it",
    )


@pytest.mark.parametrize(("mib", "text"), [(0, "0"), (1024, "1GB"), (13107, "13107MB"), (12288, "12GB")])
def test_sizes_are_written_as_wsl_reads_them(mib: int, text: str) -> None:
    assert size_text(mib) == text
    assert meaning("memory", text) == mib * 2**20


WANTED = {"memory": "16GB", "processors": "8", "swap": "0", "networkingMode": "mirrored"}


@pytest.mark.parametrize(
    ("now", "sentences"),
    [
        pytest.param(InForce(16013, 8, 0, "mirrored"), (), id="all-in-force-the-kernel-takes-its-share"),
        pytest.param(InForce(7838, 8, 0, "mirrored"), ("memory is 7838 MiB now (16GB was asked for)",), id="memory"),
        pytest.param(InForce(20000, 8, 0, "mirrored"), ("memory is 20000 MiB now (16GB was asked for)",), id="more"),
        pytest.param(
            InForce(16013, 4, 4096, "nat"),
            (
                "swap is 4096 MiB now (0 was asked for)",
                "processors is 4 now (8 was asked for)",
                "networkingMode is nat now (mirrored was asked for)",
            ),
            id="the-others",
        ),
        pytest.param(InForce(), (), id="nothing-known"),
    ],
)
def test_what_waits_for_a_restart(now: InForce, sentences: tuple[str, ...]) -> None:
    assert waiting(WANTED, now) == sentences
    assert waiting({}, now) == ()


def test_swap_in_force_is_read_from_proc() -> None:
    swaps = "Filename\tType\tSize\tUsed\tPriority\n/dev/sdc partition 1048576 0 -2\n/dev/zram0 partition 99 0 5\n"
    assert swap_total_mib(swaps) == 1024


def test_the_answer_says_when_and_how() -> None:
    assert state(False, (), True) == "The limits are in force."
    text = state(True, ("memory is 7838 MiB now (16GB was asked for)",), True)
    assert "on Windows run: wsl --shutdown" in text
    assert "Until then memory is 7838 MiB now (16GB was asked for)." in text
    assert "byte order mark" in state(True, ("x",), False)
