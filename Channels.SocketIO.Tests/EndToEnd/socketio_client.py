"""python-socketio's client against the conformance server: connect, text and bytes both ways, acknowledgements, two namespaces, leave."""
import queue
import sys

import socketio

address, transports = sys.argv[1], sys.argv[2].split(",")
PATIENCE = 120
client = socketio.Client(reconnection=False, request_timeout=PATIENCE)
received = queue.Queue()

client.on("auth", lambda data: received.put(("auth", data)))
client.on("message-back", lambda *values: received.put(("message-back", *values)))
client.on("auth", lambda data: received.put(("custom", data)), namespace="/custom")


def expect(*event):
    found = received.get(timeout=PATIENCE)
    assert found == event, (found, event)


client.connect(address, transports=transports, auth={"token": "é"}, namespaces=["/", "/custom"], wait_timeout=PATIENCE)
greetings = sorted(received.get(timeout=PATIENCE) for _ in range(2))
assert [name for name, _ in greetings] == ["auth", "custom"], greetings
assert all(data == {"token": "é"} for _, data in greetings), greetings

client.emit("message", ("text", 1, {"a": [True, None]}))
expect("message-back", "text", 1, {"a": [True, None]})
client.emit("message", (b"\x01\x02", {"deep": b"\x03"}))
expect("message-back", b"\x01\x02", {"deep": b"\x03"})
assert client.call("message-with-ack", {"n": 1}, timeout=PATIENCE) == {"n": 1}
assert client.call("message-with-ack", b"\x07\x08", timeout=PATIENCE) == b"\x07\x08"
try:
    client.call("unknown", timeout=1)
    raise AssertionError("an event that nobody handles was acknowledged")
except socketio.exceptions.TimeoutError:
    pass

client.disconnect()
print("done")
