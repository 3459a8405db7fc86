"""No text of a prompt or a reply, no header and no key is in any file that a run writes."""

APP = """
import httpx

def answer(request):
    message = {"role": "assistant", "content": "CANARY-reply for you"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 70, "completion_tokens": 5, "total_tokens": 75}
    reply = {"id": "CANARY-id", "model": "gpt-4", "object": "chat.completion", "choices": [choice], "usage": usage}
    return httpx.Response(200, json=reply, headers={"x-secret": "CANARY-answered"})

client = httpx.Client(transport=httpx.MockTransport(answer))

def ask():
    tool = {"name": "CANARY_tool", "description": "CANARY-tool", "parameters": {"type": "object", "properties": {}}}
    messages = [
        {"role": "system", "content": "CANARY-one.\\n\\nCANARY-two, of 2026-11-21T10:00:00.\\n\\nThree."},
        {"role": "user", "content": "CANARY-first"},
        {"role": "assistant", "content": "CANARY-earlier"},
        {"role": "user", "content": '{\\n    "CANARY-json": 1\\n}'},
    ]
    body = {"model": "gpt-4", "messages": messages, "tools": [{"type": "function", "function": tool}]}
    headers = {"authorization": "Bearer CANARY-key", "x-secret": "CANARY-header"}
    client.post("https://api.openai.com/v1/chat/completions?key=CANARY-query", json=body, headers=headers)
"""

FEATURE = """
[tool.llmcost]
store_text = {store_text}
[tool.llmcost.features.chat]
tests = ["test_it.py"]
requests_per_month = 1000
"""

REPORTS = ("json", "markdown", "html")


def _run(project, store_text):
    project.configure(FEATURE.format(store_text=store_text))
    project.write("app.py", APP)
    project.write("test_it.py", "from app import ask\ndef test_it():\n    ask()\n    ask()\n")
    ran = project.update(
        *(f"--llmcost-report={kind}:reports/{kind}" for kind in REPORTS), "--llmcost-report=term-calls"
    )
    assert ran.status == 0
    files = [path for path in project.root.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc", ".toml"}]
    return ran, {path.relative_to(project.root).as_posix(): path.read_bytes() for path in files}


def test_no_text_reaches_a_file_or_the_terminal(project):
    ran, files = _run(project, "false")
    assert {"llmcost.json", "llmcost-baseline.json", *(f"reports/{kind}" for kind in REPORTS)} <= files.keys()
    assert ran.json["totals"]["calls"] == 2
    assert [name for name, content in files.items() if b"CANARY" in content] == []
    assert not any("CANARY" in line for line in (*ran.lines, *ran.errors))


def test_what_is_no_prompt_is_not_written_even_where_texts_are_kept(project):
    _, files = _run(project, "true")
    told = (b"CANARY-key", b"CANARY-header", b"CANARY-query", b"CANARY-answered", b"CANARY-id", b"CANARY-reply")
    assert [(name, text) for name, content in files.items() for text in told if text in content] == []
    assert [name for name, content in files.items() if b"CANARY" in content and not name.endswith("json")] == []
    assert b"CANARY" not in files["llmcost-baseline.json"]
