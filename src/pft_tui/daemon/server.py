"""Lines in, lines out, on a Unix socket: every client is served between two steps of the scheduler."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pft_tui.daemon.address import MOST_REQUEST_BYTES

READ_BYTES = 1 << 16
# A client that does not read its answers is dropped at this.
MOST_WAITING_BYTES = 16 << 20
MOST_CLIENTS = 128
FAREWELL_SECONDS = 2.0


@dataclass
class Client:
    """A connection with what it has sent of its next line, and what it has yet to be sent."""

    connection: socket.socket
    received: bytearray = field(default_factory=bytearray)
    waiting: bytearray = field(default_factory=bytearray)
    is_refused: bool = False


class Server:
    """Hands each line of a client to `answer` and sends back what that returns.

    A line longer than MOST_REQUEST_BYTES is answered by `too_long`, and its client let go.
    """

    def __init__(
        self, listener: socket.socket, answer: Callable[[bytes], bytes], too_long: Callable[[], bytes]
    ) -> None:
        self._listener = listener
        self._answer = answer
        self._too_long = too_long
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._clients: dict[socket.socket, Client] = {}

    def serve(self, seconds: float) -> None:
        """Serve whoever comes, for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, events in self._selector.select(left):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._attend(key.data, events)

    def close(self) -> None:
        """Send what is waiting, as far as clients take it, and hang up."""
        deadline = time.monotonic() + FAREWELL_SECONDS
        for client in list(self._clients.values()):
            client.connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                client.connection.sendall(client.waiting)
            except OSError:
                pass
            finally:
                self._drop(client)
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= MOST_CLIENTS:
            connection.close()
            return
        connection.setblocking(False)
        client = self._clients[connection] = Client(connection)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _attend(self, client: Client, events: int) -> None:
        try:
            if events & selectors.EVENT_READ and not self._read(client):
                self._drop(client)
                return
            self._write(client)
        except OSError:
            self._drop(client)

    def _read(self, client: Client) -> bool:
        """Answer the whole lines that have come; False where the client is through."""
        data = client.connection.recv(READ_BYTES)
        client.received += data
        while not client.is_refused and (end := client.received.find(b"\n")) >= 0:
            line = bytes(client.received[:end])
            del client.received[: end + 1]
            client.waiting += self._answer(line) if end <= MOST_REQUEST_BYTES else self._refuse(client)
        if not client.is_refused and len(client.received) > MOST_REQUEST_BYTES:
            client.waiting += self._refuse(client)
        if client.is_refused:
            client.received.clear()
        return bool(data) and len(client.waiting) <= MOST_WAITING_BYTES

    def _refuse(self, client: Client) -> bytes:
        client.is_refused = True
        return self._too_long()

    def _write(self, client: Client) -> None:
        if client.waiting:
            sent = client.connection.send(client.waiting)
            del client.waiting[:sent]
        if client.is_refused and not client.waiting:
            self._drop(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.waiting else 0)
        self._selector.modify(client.connection, wanted, client)

    def _drop(self, client: Client) -> None:
        self._selector.unregister(client.connection)
        del self._clients[client.connection]
        client.connection.close()
