"""Talk with a kernel that may lie, shout, fall silent or hang up."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from d2lmini.grading import wall as walls
from d2lmini.grading.limits import Limits
from d2lmini.grading.room import Stopped

TICK = 0.2  # seconds between two looks at what a sandbox uses


class _Abrupt(zmq.Socket[bytes]):
    """Drops what was not sent when it closes: jupyter_client's own would wait a second for it."""

    def connect(self, addr: str) -> Any:
        self.linger = 0  # a connection keeps what was set before it
        return super().connect(addr)


class _Context(zmq.Context[_Abrupt]):
    def socket(self, socket_type: int, socket_class: Any = None, **options: Any) -> Any:
        return super().socket(socket_type, socket_class or _Abrupt, **options)


class Talk:
    """The two channels to a kernel that matter: requests, and what is published.

    Args:
        box: descriptor of the folder with the kernel's sockets.
        look: called at every tick; raises :class:`Stopped` where a limit is passed.
        limits: seconds, and sizes of messages.

    Raises:
        Stopped: the kernel does not answer.
    """

    def __init__(self, box: int, look: Callable[[], None], limits: Limits) -> None:
        self.look, self.limits = look, limits
        self.hung_up: zmq.Socket[bytes] | None = None
        end = time.monotonic() + limits.start
        self._wait_for_sockets(box, end)
        context = _Context()
        context.setsockopt(zmq.MAXMSGSIZE, limits.message)
        context.setsockopt(zmq.RCVHWM, 16)
        # never connect again: by then the socket's name may lead anywhere
        context.setsockopt(zmq.RECONNECT_IVL, -1)
        self.client = BlockingKernelClient(context=context)
        for name, port in walls.CHANNELS.items():
            setattr(self.client, f"{name}_port", port)
        self.client.transport, self.client.ip = "ipc", f"/proc/self/fd/{box}/k"
        self.client.session.key = walls.KEY
        self.client.start_channels(stdin=False, hb=False, control=False)
        self._wait_for_answer(end)
        published = self.client.iopub_channel.socket
        self.hung_up = published.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def _wait_for_sockets(self, box: int, end: float) -> None:
        for port in walls.CHANNELS.values():
            while not _listens(f"/proc/self/fd/{box}/k-{port}"):
                self._tick(end, self.limits.start, 0.01)

    def _wait_for_answer(self, end: float) -> None:
        while True:  # what was published before we listened is lost, so ask until one comes through
            self.client.kernel_info()
            if self._next(0.05) is not None:
                break
            self._tick(end, self.limits.start, 0)

    def _tick(self, end: float, wall: float, pause: float) -> None:
        self.look()
        if self.hung_up is not None and self.hung_up.poll(0):
            raise Stopped("it printed too much at once, or closed its channels")
        if time.monotonic() > end:
            raise Stopped(f"it did not end within {wall:g} seconds")
        time.sleep(pause)

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """Return the next published message, None after some time."""
        channel = self.client.iopub_channel
        try:
            if not channel.socket.poll(int(seconds * 1000)):
                return None
            message = channel.get_msg(timeout=0)
        except Exception:  # a stranger's message may break any parser
            raise Stopped("it sent a message that cannot be read") from None
        return message if isinstance(message.get("content"), dict) else {"content": {}}

    def execute(self, code: str, wall: float) -> str:
        """Execute code and return what it printed; see ``Sandbox.run``."""
        end, tick, said = time.monotonic() + wall, 0.0, 0
        text: list[str] = []
        number = self.client.execute(code, allow_stdin=False, store_history=True)
        while True:
            if (now := time.monotonic()) > tick:
                self._tick(end, wall, 0)
                tick = now + TICK
            if (message := self._next(TICK)) is None:
                continue
            content = message["content"]
            said += len(str(content))
            if said > self.limits.talk:
                raise Stopped(f"it printed more than {self.limits.talk >> 20} MiB")
            if (message.get("parent_header") or {}).get("msg_id") != number:
                continue
            if ended(message):
                return "".join(text)
            text.append(printed(message))

    def close(self) -> None:
        """Hang up."""
        with suppress(Exception):
            self.client.iopub_channel.socket.disable_monitor()
            self.client.stop_channels()
        self.client.context.destroy(linger=0)


def ended(message: dict[str, Any]) -> bool:
    """Return whether a message says that the kernel is idle again."""
    idle = message["content"].get("execution_state") == "idle"
    return idle and message.get("msg_type") == "status"


def printed(message: dict[str, Any]) -> str:
    """Return the text of a message: what was printed, or the name and text of an error."""
    content, kind = message["content"], message.get("msg_type")
    if kind == "stream":
        return str(content.get("text", ""))
    if kind == "error":
        return f"{content.get('ename')}: {content.get('evalue')}\n"
    return ""


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(1)
        probe.connect(path)
        return True
    return False
