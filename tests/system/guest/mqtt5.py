"""A client of MQTT 5 small enough to read: it gives an order and waits for the answer, many times a second. mosquitto_rr
would be a new process each time, which takes an emulated machine longer than the order."""

import json
import socket
import threading
import time

from rig import Failure

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
RESPONSE_TOPIC, CORRELATION_DATA = 8, 9
NOBODY = b"\x10"  # reason of a PUBACK: no matching subscribers


def _text(text):
    data = text.encode() if isinstance(text, str) else text
    return len(data).to_bytes(2, "big") + data


def _number(value):
    """A variable byte integer."""
    data = bytearray()
    while True:
        value, low = divmod(value, 128)
        data.append(low | (0x80 if value else 0))
        if not value:
            return bytes(data)


class Client:
    """One connection, for one thread. `root` is thon/1/<site>/."""

    count, lock = 0, threading.Lock()

    def __init__(self, user, password, root, within=120):
        with Client.lock:
            Client.count += 1
            self.name = f"rig-{Client.count}"
        self.root, self.asked, self.packet = root, 0, 0
        self.reply_to = f"{root}reply/{self.name}"
        self.socket = socket.create_connection(("127.0.0.1", 1883), timeout=within)
        self.within, self.unread = within, b""
        # clean start, user and password; no keep-alive
        self._send(CONNECT, _text("MQTT") + bytes([5, 0xC2]) + b"\0\0" + b"\0" + _text(self.name) + _text(user) + _text(password))
        answer = self._wait(CONNACK)
        if answer[1]:
            raise Failure(f"the broker refuses {user}: {answer[1]}")
        self._send(SUBSCRIBE, self._packet_id() + b"\0" + _text(self.reply_to) + b"\1")
        self._wait(SUBACK)

    def close(self):
        self.socket.close()

    def _packet_id(self):
        self.packet = self.packet % 65535 + 1
        return self.packet.to_bytes(2, "big")

    def _send(self, kind, body):
        self.socket.sendall(bytes([kind]) + _number(len(body)) + body)

    def _have(self, size, deadline):
        """Waits until so many bytes are there, which stay where they are: what is interrupted is read later."""
        while len(self.unread) < size:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the broker has closed the connection")
            self.unread += data

    def _receive(self, deadline):
        size = shift = 0
        at = 1
        while True:
            self._have(at + 1, deadline)
            size += (self.unread[at] & 127) << shift
            shift += 7
            at += 1
            if self.unread[at - 1] < 128:
                break
        self._have(at + size, deadline)
        kind, body = self.unread[0], self.unread[at:at + size]
        self.unread = self.unread[at + size:]
        return kind, body

    def _wait(self, wanted):
        while True:
            kind, body = self._receive(time.monotonic() + self.within)
            if kind & 0xF0 == wanted & 0xF0:
                return body

    def ask(self, topic, document, within=None):
        """The answer to a command, as a document. None when nobody listens to it; with `within`, also when none has come by then."""
        self.asked += 1
        mine = str(self.asked).encode()
        properties = bytes([RESPONSE_TOPIC]) + _text(self.reply_to) + bytes([CORRELATION_DATA]) + _text(mine)
        self._send(PUBLISH | 2, _text(self.root + topic) + self._packet_id() + _number(len(properties)) + properties
                   + json.dumps(document, ensure_ascii=False).encode())
        deadline = time.monotonic() + (within or self.within)
        while True:
            try:
                kind, body = self._receive(deadline)
            except socket.timeout:
                if within:
                    return None
                raise Failure(f"{topic} is not answered") from None
            if kind & 0xF0 == PUBACK and body[2:3] == NOBODY:
                return None
            if kind & 0xF0 != PUBLISH:
                continue
            at = 2 + int.from_bytes(body[:2], "big")
            if kind & 6:
                self._send(PUBACK, body[at:at + 2])
                at += 2
            size = body[at]  # an answer's properties are its correlation data: shorter than 128 bytes
            if _text(mine) in body[at + 1:at + 1 + size]:
                return json.loads(body[at + 1 + size:])
