"""The fake Zalo of the demo: it stands for the people's phones, and shows what arrives on them."""

import http.client
import json
import subprocess
import threading
import time
import urllib.parse

SECRETS = {
    "zalo": {"app_id": "1000", "secret_key": "app-secret", "access_token": "at-0", "refresh_token": "rt-0"},
    "bot": {"token": "1001:zalo-bot"},
}
WORDS = {"zalo-oa": "Zalo OA", "zalo-zns": "Zalo (mẫu)", "zalo-bot": "Zalo Bot"}


class Zalo:
    def __init__(self, build, spawn, sim_clock):
        child = spawn([str(build / "fakes/fake-providers"), "--control-port", "0", "--sim-clock", sim_clock],
                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port, self.control_port = (int(child.stdout.readline()) for _ in range(2))
        self.url = f"http://127.0.0.1:{self.port}"
        self.names = {}
        self.counts = {}
        self.newest = []  # (provider, name, text), the last ones

    def control(self, method, path, doc=None, **query):
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=40)
        try:
            connection.request(method, f"/control/{path}?{urllib.parse.urlencode(query)}",
                               None if doc is None else json.dumps(doc, ensure_ascii=False).encode())
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def configure(self, etc):
        """relayd.conf of the demo: the Official Account, approved templates by phone, and a bot for those on duty."""
        for name, secret in SECRETS.items():
            path = etc / "credentials" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(secret))
            path.chmod(0o600)
        zalo = f"api_url = {self.url}\noauth_url = {self.url}/v4/oa/access_token\ncredential = zalo\n"
        (etc / "relayd.conf").write_text(
            "[relay]\nladder = oa bot mau visit\nsender = UBND xã Sao Mai\n"
            f"[channel oa]\nkind = zalo-oa\n{zalo}"
            f"[channel mau]\nkind = zalo-template\nby = phone\ntemplate_url = {self.url}/message/template\n{zalo}"
            f"[channel bot]\nkind = zalo-bot\napi_url = {self.url}/zalo-bot\ncredential = bot\n"
            "[route den-duong]\nmatch = light-dark light-stuck-off light-stuck-on\nto = role:technician\nclass = priority\nseverity = critical\n"
            "group_wait = 60s\nescalate = role:officer after 15min\n"
            "[route camera]\nmatch = camera-* power-cut\nto = role:technician\nclass = priority\ngroup_wait = 60s\n")

    def approve(self, template, names):
        self.control("POST", "providers/zalo-zns",
                     {"templates": {template: {"params": {name: 200 for name in names}, "uid": True, "enabled": True}}})

    def know(self, people, households):
        """Who reads which phone."""
        for person in people:
            for address in (person.get("channels") or {}).values():
                self.names[address] = person["name"]
        for household in households:
            if household.get("phone"):
                self.names.setdefault(household["phone"].lstrip("+"), f"hộ {household['code']}")

    def watch(self, arrived):
        """arrived(provider, name, text) for each message, from a thread of its own."""
        threading.Thread(target=self._watch, args=(arrived,), daemon=True).start()

    def _watch(self, arrived):
        seen = total = 0
        while True:
            try:
                if not self.control("GET", "wait", count=total + 1, timeout=20000)["ok"]:
                    continue
                new = self.control("GET", "messages", since=seen)
            except (OSError, ValueError, http.client.HTTPException):
                return  # the demo ends
            for message in new:
                seen = message["number"]
                total += 1
                name = self.names.get(message["address"], message["address"])
                text = ("🖼 " if message.get("picture") else "") + message["text"] or " · ".join(f"{k}: {v}" for k, v in (message.get("template_data") or {}).items())
                provider = WORDS.get(message["provider"], message["provider"])
                self.counts[provider] = self.counts.get(provider, 0) + 1
                self.newest = [*self.newest, (provider, name, text)][-6:]
                arrived(provider, name, text)

    def answer(self, address, name, text):
        """Somebody writes to the bot."""
        self.control("POST", "push", {"provider": "zalo-bot", "from": address, "name": name, "text": text})

    def settled(self, seconds=5):
        """Until nothing has arrived for half a second: what the last act set going."""
        deadline, before = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            now = dict(self.counts)
            if now == before:
                return
            before = now
            threading.Event().wait(0.5)
