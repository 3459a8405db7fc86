"""Runs of assistants and responses in the background: the usage comes with a later reply, and counts once."""

import pytest

APP = """
    import httpx

    STATED = {{"prompt_tokens": 90, "completion_tokens": 9, "total_tokens": 99}}
    GIVEN = {{"input_tokens": 90, "output_tokens": 9, "total_tokens": 99}}
    BASE = "https://api.openai.com/v1"
    RUNS, RESPONSES = BASE + "/threads/thread_1/runs", BASE + "/responses"
    polls = []


    def answer(request):
        path = request.url.path
        is_run = "/runs" in path
        value = {{"id": "run_1" if is_run else "resp_1", "model": "gpt-4", "usage": None, "status": "queued"}}
        value["object"] = "thread.run" if is_run else "response"
        if request.method == "GET":
            polls.append(path)
            if len(polls) == 2 and {pauses}:
                value["status"] = "requires_action"
            if len(polls) > 2:
                value |= {{"status": "completed", "usage": STATED if is_run else GIVEN}}
        return httpx.Response(200, json=value)


    client = httpx.Client(transport=httpx.MockTransport(answer))


    def poll(url, times):
        for _ in range(times):
            client.get(url, params={{"include": "x"}})
"""
BACKGROUND = """
    from app import RESPONSES, client, poll

    def test_it():
        client.post(RESPONSES, json={"model": "gpt-4", "input": "Hi", "background": True})
        poll(RESPONSES + "/resp_1", 5)
"""
RUN = """
    from app import RUNS, client, poll

    def test_it():
        client.post(RUNS, json={"assistant_id": "asst_1"})
        poll(RUNS + "/run_1", 2)
        client.post(RUNS + "/run_1/submit_tool_outputs", json={"tool_outputs": [{"tool_call_id": "1", "output": "4"}]})
        poll(RUNS + "/run_1", 3)
"""


@pytest.mark.parametrize(("source", "pauses"), [(BACKGROUND, False), (RUN, True)], ids=["background", "run"])
def test_the_usage_of_the_last_reply_is_that_of_one_call(project, source, pauses):
    project.write("app.py", APP.format(pauses=pauses))
    project.write("test_it.py", source)
    ran = project.cost()
    (call,) = ran.json["calls"]
    assert (call["usage"]["input_tokens"], call["usage"]["output_tokens"]) == (90, 9)
    assert (call["outcome"], call["usage_source"], call["stream"]) == ("ok", "reported", False)
    assert "internal" not in ran.rules()


def test_what_is_never_asked_for_again_stays_partial_and_a_look_at_an_old_response_is_no_call(project):
    project.write("app.py", APP.format(pauses=False))
    project.write(
        "test_it.py",
        """
        from app import RESPONSES, client, poll

        def test_begin():
            client.post(RESPONSES, json={"model": "gpt-4", "input": "Hi", "background": True})

        def test_look():
            poll(RESPONSES + "/resp_1", 5)
        """,
    )
    (call,) = project.cost().json["calls"]
    assert (call["test"], call["outcome"], call["usage_source"]) == ("test_it.py::test_begin", "partial", "counted")


def test_a_limit_counts_it_once_and_lets_polls_through(project):
    project.write(
        "server.py",
        """
        import json, threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.say(None, "queued")

            def do_GET(self):
                self.say({"input_tokens": 80_000, "output_tokens": 10_000, "total_tokens": 90_000}, "completed")

            def say(self, usage, status):
                value = {"id": "resp_1", "object": "response", "model": "gpt-4", "status": status, "usage": usage}
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        URL = f"http://127.0.0.1:{server.server_address[1]}/v1/responses"
        """,
    )
    project.write(
        "test_it.py",
        """
        import httpx
        from server import URL

        def test_it():
            httpx.post(URL, json={"model": "gpt-4", "input": "Hi", "background": True})
            for _ in range(3):
                assert httpx.get(URL + "/resp_1").json()["status"] == "completed"

        def test_next():
            httpx.post(URL, json={"model": "gpt-4", "input": "Hi", "background": True})
        """,
    )
    ran = project.cost("--llmcost-max-spend=0.09")
    assert ran.line("2 failed, 1 passed")  # the second test and the verdict
    (call,) = ran.json["calls"]
    assert (call["usage"]["input_tokens"], ran.json["totals"]["spend_usd"]) == (80_000, "0.1")
    assert project.cost("--llmcost-max-spend=0.11").line("2 passed")
