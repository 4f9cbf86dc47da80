"""The morning after the night: a bulletin over the commune's loudspeakers, and a warning that comes in the midst of it. At the speed of sound,
into files that stay, and aloud where there is a sound card."""

import array
import json
import math
import pathlib
import time
import wave

BULLETIN = (
    "UBND xã thông báo: 7h30 ngày 25/12, tại Trạm Y tế xã, tiêm vắc xin sởi - rubella cho trẻ từ 2-5 tuổi. "
    "Đề nghị bà con mang theo thẻ BHYT và CCCD. Kinh phí hỗ trợ đi lại là 50.000đ một cháu."
)
WARNING = "Hồ Yên Mỹ xả lũ với lưu lượng 250 m3/s. Bà con ven sông Lý di chuyển ngay lên nơi cao."


def sound_card():
    """Whether ALSA has a card; a machine without one plays into files alone."""
    cards = pathlib.Path("/proc/asound/cards")
    return cards.exists() and "no soundcards" not in cards.read_text(encoding="utf-8")


class Loudspeakers:
    def __init__(self, demo, keep):
        self.demo, self.keep = demo, keep
        self.zones = {"chi-phuc": "Loa thôn Chí Phúc", "dinh-lang": "Loa đình làng"}

    def configure(self, etc):
        self.keep.mkdir(parents=True, exist_ok=True)
        for old in self.keep.glob("*/*.wav"):
            old.unlink()
        text = "[announce]\napproval = yes\npin = yes\n"
        for zone, name in self.zones.items():
            (self.keep / zone).mkdir(exist_ok=True)
            sink = "alsa:default" if zone == "dinh-lang" and sound_card() else f"file:{self.keep / zone}"
            text += f"[zone {zone}]\nname = {name}\nsink = {sink}\nquiet = 21:30-05:30\nhighpass = 300\nairtime = 45min/day\n"
        (etc / "announced.conf").write_text(text, encoding="utf-8")

    def submit(self, *argv, **options):
        return json.loads(self.demo.ctl("--json", "announce", "submit", *argv, **options))

    def state(self, zone):
        return self.demo.zones.get(zone, {})

    def until(self, what, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"demo: {what} did not come\n" + (self.demo.dir / "announced.log").read_text(encoding="utf-8"))
            self.demo.changed.wait(0.1)
            self.demo.changed.clear()

    def listen(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.demo.changed.wait(left)
            self.demo.changed.clear()

    def on_air(self, announcement):
        return any((s.get("on_air") or {}).get("announcement") == announcement and s.get("sounding") for s in self.demo.zones.values())

    def morning(self):
        demo = self.demo
        print("\nSáng hôm sau: loa truyền thanh (thon-announced)\n")
        daemon = demo.loudspeaker_daemon()
        self.until("the station", lambda: len(demo.zones) == len(self.zones), 20)
        pin = demo.dir / "pin"
        pin.write_text("271828\n", encoding="utf-8")
        pin.chmod(0o600)
        demo.ctl("person", "pin", "can-bo-nga", "--pin-file", str(pin))
        bulletin = self.submit("--zone", "all", "--text", BULLETIN, "--title", "Lịch tiêm chủng")
        print(f"  văn bản : {BULLETIN}")
        print(f"  sẽ đọc  : {bulletin['reading']['north']}\n")
        demo.ctl("announce", "approve", bulletin["id"], by="can-bo-nga")
        self.until("the bulletin", lambda: self.on_air(bulletin["id"]), 20)
        print("  ▶ đang phát bản tin ở cả hai cụm loa", flush=True)
        self.listen(4)
        began = time.monotonic()
        warning = self.submit("--zone", "all", "--class", "emergency", "--text", WARNING, "--title", "Xả lũ", "--reason", "xả lũ hồ Yên Mỹ",
                              "--pin-file", str(pin), by="can-bo-nga")
        self.until("the warning", lambda: self.on_air(warning["id"]), 20)
        print(f"  ‼ bản tin khẩn cấp chen ngang sau {time.monotonic() - began:.1f} giây", flush=True)
        self.until("the bulletin again", lambda: self.on_air(bulletin["id"]), 60)
        print("  ▶ bản tin đang phát dở được phát tiếp", flush=True)
        self.until("the end", lambda: not any(s.get("on_air") for s in demo.zones.values()), 90)
        daemon.terminate()
        daemon.wait(10)
        print("\nNhật ký phát (thonctl announce log):\n")
        demo.ctl("announce", "log", quiet=False)
        print("\nTiếng đã phát (nghe lại được):\n")
        for path in sorted(self.keep.glob("*/*.wav")):
            print(f"  {path}  {self.describe(path)}")

    @staticmethod
    def describe(path):
        with wave.open(str(path), "rb") as sound:
            samples = array.array("h", sound.readframes(sound.getnframes()))
            seconds = sound.getnframes() / sound.getframerate()
        power = sum(s * s for s in samples) / max(1, len(samples)) / 32768**2
        return f"{seconds:.1f} giây, {10 * math.log10(power) if power > 0 else -120:.0f} dBFS"
