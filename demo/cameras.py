"""The cameras of the demo: sixteen fake ones behind two cabinets, which lose their power, go black and come back."""

import csv
import http.client
import io
import json
import subprocess

USER, PASSWORD = "thon", "camera"
RTSP, HTTP = 18554, 18080
CABINETS = {"tu-dinh": "Tủ mạng đình làng", "tu-cho": "Tủ mạng chợ"}
PLACES = {
    "tu-dinh": ["Cổng làng", "Đình làng", "Cổng chùa", "Nhà văn hóa", "Trường mầm non", "Ngã ba Ngõ Đông", "Ngõ Đông", "Trạm biến áp"],
    "tu-cho": ["Chợ cổng tây", "Chợ cổng đông", "Trạm y tế", "Ngõ Tây", "Cầu ao sen", "Sân bóng", "Đường ra đồng", "Trạm bơm"],
}


class Cameras:
    def __init__(self, build, spawn, directory, sim_clock):
        cabinets = [{"id": cabinet, "address": f"127.44.0.{i}", "ports": [HTTP]} for i, cabinet in enumerate(CABINETS, 1)]
        self.rows = [
            (f"cam-{cabinet[3:]}-{i}", name, cabinet, f"127.44.{c}.{i}")
            for c, (cabinet, names) in enumerate(PLACES.items(), 1)
            for i, name in enumerate(names, 1)
        ]
        cameras = [{"id": camera, "address": address, "switch": cabinet} for camera, _, cabinet, address in self.rows]
        scene = directory / "cameras.json"
        scene.write_text(
            json.dumps(
                {
                    "rtsp_port": RTSP,
                    "http_port": HTTP,
                    "defaults": {"user": USER, "password": PASSWORD},
                    "switches": cabinets,
                    "cameras": [{**camera, "scene": i} for i, camera in enumerate(cameras)],
                }
            )
        )
        child = spawn(
            [str(build / "fakes/fake-cameras"), "--scene", str(scene), "--sim-clock", sim_clock, "--picture", "640x360"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.control_port = int(child.stdout.readline())
        self.states = {}

    def control(self, path, **doc):
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=20)
        try:
            connection.request("POST", f"/control/{path}", json.dumps(doc).encode())
            answer = connection.getresponse()
            if answer.status != 200:
                raise SystemExit(f"demo: the fake cameras refuse {path}: {answer.read()}")
            answer.read()
        finally:
            connection.close()

    def configure(self, etc):
        """Ten times as rare as usual, since a second here is ten minutes; and without ping, which the loopback always
        answers."""
        password = etc / "credentials" / "camera"
        password.parent.mkdir(exist_ok=True)
        password.write_text(PASSWORD)
        password.chmod(0o600)
        (etc / "camerad.conf").write_text(
            f"[camera]\nuser = {USER}\ncredential = camera\ninterval = 5min\nretry = 1min\nplay = 1h\npicture = 15min\n"
            "connect_ms = 300\nanswer_ms = 2000\nrtp_ms = 2000\nping = no\nskew = 2h\n"
            "[alert]\nconfirm = 3min\nrecover = 1min\nhold = 4min\ntogether = 5min\nsettle = 25min\n"
        )

    def enrol(self, ctl, directory):
        text = io.StringIO()
        out = csv.writer(text)
        out.writerow(("id", "kind", "area", "name", "config"))
        for i, (cabinet, name) in enumerate(CABINETS.items(), 1):
            out.writerow((cabinet, "switch", "chi-phuc", name, json.dumps({"address": f"127.44.0.{i}", "ports": [HTTP]})))
        for camera, name, cabinet, address in self.rows:
            config = {
                "url": f"rtsp://{address}:{RTSP}/live",
                "snapshot_url": f"http://{address}:{HTTP}/snapshot.jpg",
                "parent": cabinet,
            }
            out.writerow((camera, "camera", "chi-phuc", f"Camera {name}", json.dumps(config)))
        path = directory / "cameras.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        ctl("device", "import", str(path))

    def cabinet(self, cabinet, up):
        self.control("switch", id=cabinet, up=up)

    def picture(self, camera, what):
        self.control("set", id=camera, picture=what)

    def row(self):
        """A mark for each camera, by cabinet."""
        marks = {"info": "\033[32m●\033[0m", "warning": "\033[33m●\033[0m", "critical": "\033[31m✗\033[0m"}
        cells = []
        for cabinet, name in CABINETS.items():
            of = [self.states.get(camera) for camera, _, parent, _ in self.rows if parent == cabinet]
            cells.append(f"{name} " + "".join(marks.get(s["severity"], "○") if s else "\033[90m○\033[0m" for s in of))
        return "   ".join(cells)
