"""Libraries are patched when they are imported, whenever that is, and left as they were found."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import subprocess
import sys
import textwrap
import zipfile
from importlib import resources
from unittest import mock

import pytest
from capture_watched import TEST, Watched
from capture_wire import OPENAI, QUESTION, chat

from pytest_llmcost.capture.imports import on_import
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package `llmlib` that is not loaded yet."""
    package = tmp_path / "llmlib"
    package.mkdir()
    (package / "__init__.py").write_text("loaded = []\nloaded.append(1)\n", encoding="utf-8")
    (package / "part.py").write_text("value = 1\n", encoding="utf-8")
    (package / "data.txt").write_text("data", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "llmlib"]:
        del sys.modules[name]


@pytest.fixture
def hooked(library):
    """Watch the import of `llmlib` and of `llmlib.part`; return what the hooks were given."""
    seen = []
    hooks = {name: lambda module: seen.append(module) for name in ("llmlib", "llmlib.part")}  # noqa: PLW0108
    with on_import(hooks):
        yield seen


def test_a_hook_gets_the_module_after_it_was_executed(hooked):
    import llmlib

    assert hooked == [llmlib]
    assert llmlib.loaded == [1]
    from llmlib import part

    assert hooked == [llmlib, part]


def test_a_hook_gets_a_module_that_was_loaded_before(library):
    import llmlib

    seen = []
    with on_import({"llmlib": seen.append, "absent": seen.append}):
        assert seen == [llmlib]


def test_a_module_is_as_it_would_be_without_us(library):
    def look():
        import llmlib

        spec = llmlib.__spec__
        loader = (type(spec.loader), vars(spec.loader), llmlib.__loader__ is spec.loader)
        return (
            loader,
            inspect.getsource(llmlib),
            spec.origin,
            resources.files("llmlib").joinpath("data.txt").read_text(encoding="utf-8"),
        )

    plain = look()
    del sys.modules["llmlib"]
    seen = []
    with on_import({"llmlib": seen.append}):
        assert look() == plain
    assert len(seen) == 1


def test_a_reloaded_module_and_one_imported_anew_are_hooked_again(hooked):
    import llmlib

    importlib.reload(llmlib)
    assert hooked == [llmlib, llmlib]
    del sys.modules["llmlib"]
    again = importlib.import_module("llmlib")
    assert again is not llmlib
    assert hooked[2:] == [again]


def test_looking_for_a_module_does_not_load_it(hooked):
    assert importlib.util.find_spec("llmlib").origin.endswith("__init__.py")
    assert (hooked, "llmlib" in sys.modules) == ([], False)
    spec = importlib.util.find_spec("llmlib")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert hooked == [module]
    assert spec.loader.get_filename("llmlib") == spec.origin


def test_an_import_that_fails_fails_as_it_would_without_us(hooked, library):
    (library / "__init__.py").write_text("raise ValueError('broken')\n", encoding="utf-8")
    with pytest.raises(ValueError, match="broken"):
        import llmlib  # noqa: F401
    assert hooked == []
    with on_import({"nowhere_to_be_found": hooked.append}), pytest.raises(ModuleNotFoundError, match="nowhere"):
        import nowhere_to_be_found  # noqa: F401


def test_modules_of_one_zip_archive_share_a_loader_and_only_the_right_one_is_hooked(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("llmzip.py", "import llmother\n")
        archive.writestr("llmother.py", "")
    monkeypatch.syspath_prepend(str(tmp_path / "lib.zip"))
    seen = []
    with on_import({"llmzip": seen.append}):
        import llmzip
    assert seen == [llmzip]
    for name in ("llmzip", "llmother"):
        del sys.modules[name]


def test_afterwards_nothing_is_hooked(library):
    before, seen = list(sys.meta_path), []
    with on_import({"llmlib": seen.append}):
        assert len(sys.meta_path) == len(before) + 1
    assert sys.meta_path == before
    import llmlib  # noqa: F401

    assert seen == []


# -- the libraries -------------------------------------------------------------------------------------------------


def send(http):
    def answer(request):
        return http.Response(200, json=chat())

    with http.Client(transport=http.MockTransport(answer)) as client:
        return client.post(OPENAI, json=QUESTION)


@pytest.fixture
def purged(monkeypatch, http):
    """Make a library not loaded, until the test is over."""
    name = http.__name__
    loaded = {module: value for module, value in sys.modules.items() if module.partition(".")[0] == name}
    for module in loaded:
        monkeypatch.delitem(sys.modules, module)
    yield name
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def test_a_library_that_is_imported_later_is_watched(purged, recorder):
    assert purged not in sys.modules
    send(importlib.import_module(purged))
    assert len(recorder.flights()) == 1


def test_a_library_that_is_imported_anew_or_reloaded_is_watched_once(http, recorder, purged):
    anew = importlib.import_module(purged)
    assert anew.Client is not http.Client
    importlib.reload(anew)
    for module in (http, anew):
        send(module)
    assert len(recorder.flights()) == 2


def test_watching_loads_no_library():
    """In a process of its own, for here all is loaded."""
    program = """
        import sys
        from pytest_llmcost.capture.recorder import Recorder
        from pytest_llmcost.capture.sites import Sites
        from pytest_llmcost.capture.watching import watch
        before = set(sys.modules)
        with watch(Recorder(Sites("."))):
            pass
        heavy = {"httpx", "httpx2", "requests", "urllib3", "asyncio", "http.client", "concurrent.futures.thread"}
        assert not heavy & (set(sys.modules) - before), heavy & set(sys.modules)
        assert not heavy & before, heavy & before
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_httpx_under_another_name_is_watched_once():
    """In a process of its own: there is no way back from an alias."""
    pytest.importorskip("httpx2")
    program = f"""
        from pytest_llmcost.capture.recorder import Recorder
        from pytest_llmcost.capture.sites import Sites
        from pytest_llmcost.capture.watching import watch
        recorder = Recorder(Sites("."))
        with watch(recorder):
            import httpx2
            original = httpx2.Client.send.__wrapped__
            httpx2.alias_httpx()
            import sys
            del sys.modules["httpx"]
            import httpx
            assert httpx is httpx2 and httpx.__spec__.name == "httpx2"
            transport = httpx.MockTransport(lambda request: httpx.Response(200, json={{}}))
            httpx.Client(transport=transport).post({OPENAI!r}, json={{"model": "m", "messages": []}})
        assert len(recorder.rest()) == 1 and recorder.faults == []
        assert httpx2.Client.send is original
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_a_patch_of_the_users_is_left_in_place_and_ours_underneath_lets_calls_pass(http):
    watched = Watched(Sites("/"))
    original = http.Client.send
    with watch(watched):
        ours = http.Client.send
        patch = mock.patch.object(http.Client, "send", autospec=True, side_effect=ours)
        theirs = patch.start()
    assert http.Client.send is theirs
    patch.stop()
    assert http.Client.send is ours
    assert send(http).json() == chat()
    assert watched.flights() == []
    http.Client.send = original


def test_a_mock_of_the_users_that_goes_in_and_out_leaves_ours(recorder, http):
    with mock.patch.object(http.Client, "send", return_value=http.Response(200)):
        send(http)
    send(http)
    assert [flight.fake for flight in recorder.flights()] == [True, False]


def test_the_inner_of_two_recorders_counts(recorder, http):
    """As when the tests of a pytest plugin run pytest in their own process."""
    inner = Watched(Sites("/"))
    outer_send = http.Client.send
    with watch(inner), inner.owners.during(TEST):
        send(http)
    assert (len(inner.flights()), len(recorder.flights())) == (1, 0)
    assert http.Client.send is outer_send
    send(http)
    assert (len(inner.flights()), len(recorder.flights())) == (0, 1)


def test_watching_twice_with_one_recorder_counts_once(recorder, http):
    before = http.Client.send
    with watch(recorder):
        assert http.Client.send is before
        send(http)
    recorder.open = True
    assert http.Client.send is before
    assert len(recorder.flights()) == 1
