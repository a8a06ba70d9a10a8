"""Django Channels with its in-memory layer, or channels_redis' pub/sub layer: the same endpoints as every plain peer."""
import json
import os

import django
from django.conf import settings

REDIS = os.environ.get("BENCH_REDIS")
MEMORY_LAYER = {
    "BACKEND": "channels.layers.InMemoryChannelLayer",
    "CONFIG": {"capacity": 10000},
}
REDIS_LAYER = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "CONFIG": {"hosts": [REDIS]},
}

settings.configure(
    SECRET_KEY="benchmarks",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": REDIS_LAYER if REDIS else MEMORY_LAYER},
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data)


class Group(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = self.scope["url_route"]["kwargs"]["name"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, {"type": "bench.message", "text": text_data})

    async def bench_message(self, event):
        await self.send(text_data=event["text"])


class JsonGroup(Group):
    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, {"type": "bench.message", "value": json.loads(text_data)})

    async def bench_message(self, event):
        await self.send(text_data=json.dumps(event["value"]))


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                re_path(r"^echo$", Echo.as_asgi()),
                re_path(r"^group/(?P<name>[\w-]+)$", Group.as_asgi()),
                re_path(r"^group-json/(?P<name>[\w-]+)$", JsonGroup.as_asgi()),
            ]
        )
    }
)
