"""What one socket may send: 20 messages and 1 MB a second; more closes it (R17)."""

from __future__ import annotations

import time

from starlette.types import Message, Receive, Send

MESSAGES, BYTES = 20.0, 1_000_000.0  # per second
BURST = 2.0  # seconds; so much may come at once: a page that opens, a key held down
_CLOSED = {"type": "websocket.disconnect", "code": 1008}


class _Bucket:
    """An allowance that grows by `rate` a second, up to `most`."""

    def __init__(self, rate: float, most: float) -> None:
        self.rate, self.most, self.level, self.at = rate, most, most, time.monotonic()

    def allows(self, amount: float) -> bool:
        """Use up `amount` of it; False if that was more than there was."""
        now = time.monotonic()
        self.level = min(self.most, self.level + (now - self.at) * self.rate) - amount
        self.at = now
        return self.level >= 0


def limited(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """The two ends of a socket; its frames are counted as they arrive, before anything reads them."""
    messages, volume = _Bucket(MESSAGES, MESSAGES * BURST), _Bucket(BYTES, BYTES * BURST)
    closed = False

    async def counted() -> Message:
        nonlocal closed
        if closed:
            return _CLOSED
        message = await receive()
        if message["type"] == "websocket.receive":
            size = len(message.get("text") or "") + len(message.get("bytes") or b"")
            if not messages.allows(1) or not volume.allows(size):
                closed = True
                await send({"type": "websocket.close", "code": 1008})
                return _CLOSED
        return message

    async def send_while_open(message: Message) -> None:
        if not closed:
            await send(message)

    return counted, send_while_open
