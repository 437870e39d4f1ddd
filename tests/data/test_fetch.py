"""What is fetched is whole, in bounds, and from where it was asked for; each fault of a network is one sentence."""

import socket

import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.fetch import Bounds, Unreachable, fetch
from tests.data.hub_server import hub_server

FEW = Bounds(size=1 << 20, seconds=1.0, wait=0.5)


@pytest.fixture(scope="module")
def server():
    with hub_server() as running:
        yield running


@pytest.mark.parametrize("path", ["/benchmark_data.zip", "/untyped", "/moved"])
def test_a_table_is_fetched_as_it_is(server, path):
    assert fetch(server.url + path, FEW) == server.body


def test_no_cookie_and_no_key_is_sent(server, monkeypatch, tmp_path):
    host = server.url.removeprefix("http://").partition(":")[0]
    (tmp_path / "netrc").write_text(f"machine {host} login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch(server.url + "/benchmark_data.zip", FEW)
    headers = {name.casefold() for name in server.asked[-1][1]}
    assert not headers & {"authorization", "cookie", "referer"}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/gone", "nothing to be had there .status 404.: was the table moved"),
        ("/page", "answers with text/html, which is no table"),
        ("/picture", "answers with image/png"),
        ("/elsewhere", "redirects to https://example.org/benchmark_data.zip, another place"),
        ("/downgraded", "redirects to http://example.org/x.zip, another place"),
        ("/file", "redirects to file:///etc/passwd, another place"),
        ("/nowhere", "redirects to nowhere"),
        ("/circle", "redirects more than 3 times"),
        ("/huge", "is larger than 1 MB"),
        ("/endless", "is larger than 1 MB"),
        ("/empty", "is empty"),
    ],
)
def test_what_is_no_table_is_refused(server, path, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        fetch(server.url + path, FEW)
    assert not isinstance(error.value, Unreachable)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/broken", "out of order or busy .status 500."),
        ("/busy", "status 503"),
        ("/cut", "was cut off after"),
        ("/drip", "sends too slowly, not all within 1 seconds"),
        ("/silent", "did not answer within 0.5 seconds"),
    ],
)
def test_what_may_work_another_time_says_so(server, path, sentence):
    with pytest.raises(Unreachable, match=sentence):
        fetch(server.url + path, FEW)


def test_where_nobody_listens_the_network_is_doubted():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=r"127.0.0.1 cannot be reached: is there a network"):
        fetch(f"http://127.0.0.1:{port}/x.zip", FEW)


def test_a_certificate_that_cannot_be_trusted_is_no_matter_of_waiting(server):
    with pytest.raises(DataError, match="its certificate cannot be trusted") as error:
        fetch(server.url.replace("http://", "https://") + "/benchmark_data.zip", FEW)
    assert not isinstance(error.value, Unreachable)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://example.org/x.zip", "is not encrypted.*give an https address"),
        ("ftp://example.org/x.zip", "is no address"),
        ("file:///etc/passwd", "is no address"),
        ("https://", "is no address"),
        ("https://me:secret@example.org/x.zip", "leave the password out"),
    ],
)
def test_an_address_that_is_not_safe_is_not_asked(address, sentence):
    with pytest.raises(UsageError, match=sentence) as error:
        fetch(address, FEW)
    assert "secret" not in str(error.value)
