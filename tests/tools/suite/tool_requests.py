"""What mocks requests."""

import pytest
from capture_wire import OPENAI
from clients import ask, body, headers, of

requests = pytest.importorskip("requests")


@pytest.mark.seen(area="mock", name="responses", client="requests", origin="replayed", streams="yes")
@of("requests")
def test_responses(client, stream):
    responses = pytest.importorskip("responses")
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        mock.post(OPENAI, body=body(stream), content_type=headers(stream)["content-type"])
        ask(client, OPENAI, stream)
        assert len(mock.calls) == 1


@pytest.mark.seen(area="mock", name="responses, passing through", client="requests", origin="local", streams="yes")
@of("requests")
def test_responses_passing_through(client, stream, server):
    responses = pytest.importorskip("responses")
    with responses.RequestsMock() as mock:
        mock.add_passthru(server.base)
        ask(client, server.chat, stream)


@pytest.mark.seen(area="mock", name="requests-mock", client="requests", origin="replayed", streams="yes")
@of("requests")
def test_requests_mock(client, stream):
    requests_mock = pytest.importorskip("requests_mock")
    with requests_mock.Mocker() as mock:
        mock.post(OPENAI, content=body(stream), headers=headers(stream))
        ask(client, OPENAI, stream)
        assert mock.call_count == 1


@pytest.mark.needs_plugin
@pytest.mark.seen(
    area="mock", name="requests-mock, `requests_mock`", client="requests", origin="replayed", streams="yes"
)
@of("requests")
def test_requests_mock_fixture(client, stream, requests_mock):
    requests_mock.post(OPENAI, content=body(stream), headers=headers(stream))
    ask(client, OPENAI, stream)
    assert requests_mock.call_count == 1


@pytest.mark.seen(area="mock", name="requests-mock, passing through", client="requests", origin="local", streams="yes")
@of("requests")
def test_requests_mock_passing_through(client, stream, server):
    requests_mock = pytest.importorskip("requests_mock")
    with requests_mock.Mocker(real_http=True):
        ask(client, server.chat, stream)
