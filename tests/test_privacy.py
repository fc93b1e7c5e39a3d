# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships reaches out for nobody: by its imports, its manifest, and whatever a song is."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from twostep.inference import runtime
from twostep.inference.audio.decode import RATE, decode, duration
from twostep.inference.cli import main
from twostep.inference.errors import TwostepError
from twostep.tools.build_extension import SHIPPED

from .blender.watching import watch

ROOT = Path(__file__).resolve().parent.parent
#: Modules that can reach another machine, and those that show a page of one.
REACHING = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "nntplib", "poplib", "requests",
    "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib", "urllib3", "webbrowser",
    "websockets", "xmlrpc",
}  # fmt: skip


def shipped() -> Iterator[tuple[Path, ast.Module]]:
    """All code that goes into the zip."""
    for name in SHIPPED:
        top = ROOT / name
        for path in [top] if top.suffix == ".py" else sorted(top.rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_nothing_that_ships_imports_what_reaches_out():
    found = [(path, name) for path, tree in shipped() for name in imported(tree)]
    assert len(found) > 500
    assert not [(path, name) for path, name in found if name.partition(".")[0] in REACHING]


def test_nothing_that_ships_names_an_address():
    """Nor an operator of Blender's that opens one."""
    found = [
        (path, node.value)
        for path, tree in shipped()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    address = re.compile(r"\b(?:https?|ftp|wss?)://|\burl_open\b")
    told = [(path, text) for path, text in found if address.search(text)]
    # What a file's docstring says of its format is read by nobody's machine.
    assert {str(path) for path, _ in told} <= {str(Path("scene") / "fbx_file.py")}
    assert all("\n" in text for _, text in told)
    attributes = (node for _, tree in shipped() for node in ast.walk(tree))
    named = {node.attr for node in attributes if isinstance(node, ast.Attribute)}
    assert "context" in named and not named & {"url_open", "url_open_preset"}


def test_onnx_runtime_is_imported_in_one_place_with_its_telemetry_off():
    places = [path for path, tree in shipped() if "onnxruntime" in set(imported(tree))]
    assert places == [Path("inference/runtime.py")]
    asked = (
        "import os, sys\n"
        "from twostep.inference import runtime\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "sys.addaudithook(lambda event, told: print(os.environ.get('ORT_DISABLE_TELEMETRY'))"
        " if event == 'import' and told[0] == 'onnxruntime' else None)\n"
        "runtime.onnxruntime()\n"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split()[:1] == ["1"]
    assert runtime.TELEMETRY_OFF == {"ORT_DISABLE_TELEMETRY": "1"}


def test_the_permissions_are_the_least_possible():
    """Files, and the clipboard to which a report is copied when the user presses that button."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert set(manifest["permissions"]) == {"files", "clipboard"}
    copying = [
        (path, node)
        for path, tree in shipped()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "clipboard"
    ]
    assert {path for path, _ in copying} == {Path("operators/reports.py")}
    assert all(isinstance(node.ctx, ast.Store) for _, node in copying)  # it is never read


@pytest.fixture
def listener() -> Iterator[tuple[str, list]]:
    """An address on this machine, and who has come there."""
    came: list = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    visitor, whence = server.accept()
                except OSError:  # closed
                    return
                came.append(whence)
                visitor.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", came
        with suppress(OSError):  # macOS, of one that is connected to nobody
            server.shutdown(socket.SHUT_RDWR)


#: Songs that are none: what is said to be a path.
PATHS = (
    "http://{}/song.mp3",
    "https://{}/song.mp3",
    "tcp://{}",
    "rtmp://{}/song",
    "rtsp://{}/song",
    "concat:http://{}/song.mp3",
    "subfile,,start,0,end,0,,:http://{}/song.mp3",
    "crypto:http://{}/song.mp3",
    "cache:http://{}/song.mp3",
    "async:tcp://{}",
    "file:http://{}/song.mp3",
)
#: Files that name other files.
PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://{}/song.ts\n#EXT-X-ENDLIST\n",
    "nested": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nconcat:http://{}/a.ts|{}\n",
    "m3u": "#EXTM3U\n#EXTINF:9,Song\nhttp://{}/song.mp3\n",
    "ffconcat": "ffconcat version 1.0\nfile http://{}/song.mp3\n",
    "pls": "[playlist]\nFile1=http://{}/song.mp3\nNumberOfEntries=1\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 {}\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "asx": '<ASX version="3.0"><ENTRY><REF HREF="http://{}/song.mp3"/></ENTRY></ASX>',
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="audio/mp4"><Representation '
    'id="1" bandwidth="1000"><BaseURL>http://{}/a.mp4</BaseURL></Representation></AdaptationSet>'
    "</Period></MPD>",
}


@pytest.mark.parametrize("path", PATHS)
def test_an_address_is_no_song(listener, path, tmp_path, monkeypatch, capsys):
    address, came = listener
    monkeypatch.chdir(tmp_path)
    song = path.format(address)
    with pytest.raises(TwostepError, match="There is no file"):
        decode(song, 0.0, 1.0)
    assert main(["dance", song, "--out", str(tmp_path / "dance.bvh")]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert not came and not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [None, ".mp3", ".wav", ".ts"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_song_that_names_an_address_is_none(listener, kind, suffix, tmp_path):
    address, came = listener
    song = tmp_path / f"song{suffix or '.' + kind}"
    song.write_text(PLAYLISTS[kind].format(address, address))
    with pytest.raises(TwostepError, match="can’t be read as sound"):
        decode(song, 0.0, 1.0)
    with pytest.raises(TwostepError, match="can’t be read as sound"):
        duration(song)
    assert not came


@pytest.mark.parametrize("name", ["concat:a.wav", "http:a.wav", "subfile,,start,0,end,1,,:a.wav"])
@pytest.mark.skipif(sys.platform == "win32", reason="no file is called that there")
def test_a_file_that_is_called_like_an_address_is_a_file(name, tmp_path, monkeypatch):
    song = tmp_path / name
    song.write_bytes((ROOT / "assets" / "first_steps.ogg").read_bytes())
    monkeypatch.chdir(tmp_path)
    samples, _ = decode(name, 0.0, 1.0)
    assert len(samples) == RATE


@pytest.mark.slow
def test_the_command_line_asks_nobody_and_writes_what_it_is_told_to(tmp_path):
    """With no network, and watched, where that can be done; see `blender/test_privacy.py`."""
    home, temporary, out = (tmp_path / name for name in ("home", "temporary", "out"))
    for folder in (home, temporary, out):
        folder.mkdir()
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary)}
    song, dance, music = ROOT / "assets" / "first_steps.ogg", out / "dance.bvh", out / "music.wav"
    asked = {
        "dance": (song, "--length", "8", "--out", dance),
        "score": (dance, "--length", "4", "--genre", "house", "--out", music),
    }
    for name, arguments in asked.items():
        command = [sys.executable, "-m", "twostep", name, *map(str, arguments)]
        seen = watch(command, variables, tmp_path / name)
        assert seen.events and bool(seen.wrote) == seen.traced  # it hears and sees
        assert not [event for event in seen.events if event[0].startswith(("socket.", "urllib."))]
        assert not [line for line in seen.reached if "sun_path" not in line]
        devices = ("/dev/", "/proc/", "/sys/")
        wrote = [Path(path) for path in seen.wrote if not path.startswith(devices)]
        mine = (out, temporary, tmp_path / name, ROOT)  # Python keeps its bytecode in the sources
        assert not [path for path in wrote if not any(path.is_relative_to(top) for top in mine)]
        sources = [path for path in wrote if path.is_relative_to(ROOT)]
        assert not [path for path in sources if "__pycache__" not in path.parts]
    assert {path.name for path in out.iterdir()} == {"dance.bvh", "music.wav"}
    assert not list(home.iterdir()) and not list(temporary.iterdir())
