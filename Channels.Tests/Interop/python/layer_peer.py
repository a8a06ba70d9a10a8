"""A peer for tests: a real channels_redis layer, driven by one JSON object per line on standard input.

Each command is answered by one line: {"ok": result} or {"error": text}. Byte strings travel as {"$bytes": hex}.
"""
import asyncio
import json
import random
import sys

import django.conf
from channels.consumer import AsyncConsumer
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer


class JsonRedisChannelLayer(RedisChannelLayer):
    """What serializer_format="json" does from release 4.2.1 on: the same framing around json.dumps."""

    def serialize(self, message):
        value = json.dumps(message).encode("utf-8")
        if self.crypter:
            value = self.crypter.encrypt(value)
        return random.getrandbits(8 * 12).to_bytes(12, "big") + value

    def deserialize(self, message):
        message = message[12:]
        if self.crypter:
            message = self.crypter.decrypt(message, self.expiry + 10)
        return json.loads(message)


class RoomConsumer(AsyncConsumer):
    """A consumer of Django Channels that reports what its chat_message handler is called with."""

    async def room_join(self, event):
        await self.channel_layer.group_add(event["group"], self.channel_name)
        await self.send({"channel": self.channel_name, "message": event})

    async def chat_message(self, event):
        await self.send({"channel": self.channel_name, "message": event})

    async def room_say(self, event):
        await self.channel_layer.group_send(event["group"], event["message"])


def from_wire(value):
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return bytes.fromhex(value["$bytes"])
        return {key: from_wire(item) for key, item in value.items()}
    return [from_wire(item) for item in value] if isinstance(value, list) else value


def to_wire(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": value.hex()}
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    return [to_wire(item) for item in value] if isinstance(value, list) else value


class Peer:
    def __init__(self):
        self.layer = None
        self.listeners = []
        self.received = []
        self.arrived = asyncio.Event()

    async def configure(self, kind, hosts, prefix="asgi", keys=None, **options):
        urls = ["redis://" + host for host in hosts]
        if kind == "pubsub":
            self.layer = RedisPubSubChannelLayer(hosts=urls, prefix=prefix)
        else:
            make = JsonRedisChannelLayer if kind == "json" else RedisChannelLayer
            self.layer = make(hosts=urls, prefix=prefix, symmetric_encryption_keys=keys or None, **options)

    async def consume(self, group):
        """Runs a consumer as a server does, with this layer as the default one, as a member of the group."""
        from channels.layers import channel_layers

        channel_layers.set("default", self.layer)
        self.inputs = asyncio.Queue()
        joined = asyncio.get_running_loop().create_future()

        async def send(report):
            if not joined.done():
                joined.set_result(report["channel"])
                return
            self.received.append({"channel": report["channel"], "message": to_wire(report["message"])})
            self.arrived.set()

        application = RoomConsumer.as_asgi()({"type": "room"}, self.inputs.get, send)
        self.listeners.append(asyncio.ensure_future(application))
        await self.inputs.put({"type": "room.join", "group": group})
        return await joined

    async def say(self, group, message):
        """Has the consumer send to the group."""
        await self.inputs.put({"type": "room.say", "group": group, "message": from_wire(message)})

    async def new_channel(self):
        return await self.layer.new_channel()

    async def listen(self, channel):
        self.listeners.append(asyncio.ensure_future(self._listen(channel)))
        await asyncio.sleep(0)

    async def _listen(self, channel):
        while True:
            try:
                message = await self.layer.receive(channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a restart of Redis, a message that cannot be decoded
                message = {"type": "error", "text": repr(error)}
                await asyncio.sleep(0.05)
            self.received.append({"channel": channel, "message": to_wire(message)})
            self.arrived.set()

    async def take(self, count, timeout):
        async def wait():
            while len(self.received) < count:
                self.arrived.clear()
                await self.arrived.wait()

        try:
            await asyncio.wait_for(wait(), timeout)
        except asyncio.TimeoutError:
            pass
        taken, self.received = self.received, []
        return taken

    async def send(self, channel, message):
        await self.layer.send(channel, from_wire(message))

    async def group_add(self, group, channel):
        await self.layer.group_add(group, channel)

    async def group_discard(self, group, channel):
        await self.layer.group_discard(group, channel)

    async def group_send(self, group, message):
        await self.layer.group_send(group, from_wire(message))


django.conf.settings.configure()


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        try:
            answer = {"ok": await getattr(peer, command.pop("op"))(**command)}
        except Exception as error:
            answer = {"error": type(error).__name__ + ": " + str(error)}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
