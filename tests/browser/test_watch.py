"""What counts as a fault of a page, and what is only the test leaving it."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    b"<link rel=icon href='data:,'><img src='wanted.png'>"
)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Type: image/png\r\n\r\nhalf"


@contextmanager
def answers(reply: bytes):
    """Serve a page that wants one picture and answer that request with `reply`; yield the page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.wfile.write(PAGE if self.path == "/page" else reply)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page"
    finally:
        server.shutdown()
        server.server_close()


def waited(page, found, ms: int = 10_000):
    """Return what `found` returns as soon as it is something, at the latest after `ms`."""
    for _ in range(ms // 50):
        if got := found():
            return got
        page.wait_for_timeout(50)
    return found()


def seen(page, watch, said: str) -> list[str]:
    """Return the recorded problems that say so, once there is one."""
    return waited(page, lambda: [problem for problem in watch.problems if said in problem])


def test_a_request_given_up_by_leaving_the_page_is_no_fault(page, watch):
    given_up = []
    page.on("requestfailed", lambda request: given_up.append(request.failure))
    page.route("**/wanted.png", lambda route: None)  # never answered
    with answers(b"") as address:
        with page.expect_request("**/wanted.png"):
            page.goto(address, wait_until="commit")
        page.goto("about:blank")
        assert set(waited(page, lambda: given_up)) == {"net::ERR_ABORTED"}
    assert watch.problems == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"", "ERR_EMPTY_RESPONSE"),
        (NOT_FOUND, "(404)"),
        (HALF, "ERR_CONTENT_LENGTH_MISMATCH"),
    ],
    ids=["no answer", "not found", "broken off"],
)
def test_a_server_that_fails_is_a_fault(page, watch, reply, said):
    with answers(reply) as address:
        page.goto(address, wait_until="commit")
        found = seen(page, watch, said)
    problems = list(watch.problems)
    page.close()  # nothing is recorded after this
    watch.clear()
    assert found, problems


def test_a_file_that_is_missing_is_a_fault(page, watch, tmp_path):
    (tmp_path / "page.html").write_text("<link rel=icon href='data:,'><img src='wanted.png'>")
    page.goto((tmp_path / "page.html").as_uri())
    found = seen(page, watch, "ERR_FILE_NOT_FOUND")
    page.close()
    watch.clear()
    assert found
