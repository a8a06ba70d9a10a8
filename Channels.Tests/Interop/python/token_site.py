"""A Django site for tests: POST /login with name and password is answered with a short token (JWT, HS256) or with 401.

Usage: token_site.py SECRET. Prints its port, and ends with its standard input.
"""
import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.urls import path

secret = sys.argv[1].encode()
settings.configure(
    SECRET_KEY="for tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
)
django.setup()

from django.contrib.auth import authenticate, get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402


def token(name):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + part(json.dumps({"sub": name, "exp": int(time.time()) + 300}).encode())
    return (head + b"." + part(hmac.new(secret, head, hashlib.sha256).digest())).decode()


def login(request):
    user = authenticate(request, username=request.POST.get("name"), password=request.POST.get("password"))
    return HttpResponse("unknown", status=401) if user is None else HttpResponse(token(user.get_username()))


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


urlpatterns = [path("login", login)]
call_command("migrate", verbosity=0)
get_user_model().objects.create_user("ann", password="secret")
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
