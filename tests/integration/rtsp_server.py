#!/usr/bin/python3
"""A real RTSP server with real codecs (gst-rtsp-server, x264), for what a fake of our own cannot prove: that we speak with
somebody else's. Run by cameras.RealServer; or by hand:

    tests/integration/rtsp_server.py [--address A] [--port N] [--streams N] [--codec h264|jpeg] [--login digest|basic|none]
                                     [--user U] [--password P]

Streams are /1, /2 ... Its port comes on standard output when it is ready; standard error tells, a line each, what happens:
"connect", "setup", "play", "teardown", each with its path, "gone" when a client hung up, and on SIGUSR1 "sessions N clients N".
It ends with its parent."""

import argparse
import ctypes
import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SOURCE = "videotestsrc is-live=true pattern={pattern} ! video/x-raw,width=320,height=240,framerate=15/1"
CODECS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=200 ! rtph264pay name=pay0 pt=96",
    "jpeg": "videoconvert ! video/x-raw,format=I420 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
}
PATTERNS = ("ball", "smpte", "snow", "circular")


def say(*words):
    # In one write: other threads say something too.
    os.write(2, (" ".join(map(str, words)) + "\n").encode())


def login(server, method, user, password):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.set_realm("Real")
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)


def mount(server, options):
    points = server.get_mount_points()
    for n in range(options.streams):
        factory = GstRtspServer.RTSPMediaFactory()
        source = SOURCE.format(pattern=PATTERNS[n % len(PATTERNS)])
        factory.set_launch(f"( {source} ! {CODECS[options.codec]} )")
        factory.set_shared(True)
        if options.login != "none":
            role = "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            factory.add_role_from_structure(Gst.Structure.new_from_string(role))
        points.add_factory(f"/{n + 1}", factory)


def watch(server, loop):
    clients = set()

    def path(context):
        return context.uri.abspath if context.uri else "?"

    def gone(client):
        clients.discard(client)
        say("gone")

    def connected(_, client):
        clients.add(client)
        client.connect("closed", gone)
        for event in ("describe", "setup", "play", "teardown"):
            client.connect(f"{event}-request", lambda _, context, event=event: say(event, path(context)))
        say("connect")

    def count():
        pool = server.get_session_pool()
        pool.cleanup()  # those that were ended or ran out
        say("sessions", pool.get_n_sessions(), "clients", len(clients))
        return True

    server.connect("client-connected", connected)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, count)
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", default="0")
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--codec", choices=CODECS, default="h264")
    parser.add_argument("--login", choices=("digest", "basic", "none"), default="digest")
    parser.add_argument("--user", default="thon")
    parser.add_argument("--password", default="camera")
    options = parser.parse_args()
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    Gst.init(None)
    loop = GLib.MainLoop()
    server = GstRtspServer.RTSPServer()
    server.set_address(options.address)
    server.set_service(options.port)
    if options.login != "none":
        login(server, options.login, options.user, options.password)
    mount(server, options)
    watch(server, loop)
    if not server.attach(None):
        sys.exit(f"cannot listen on {options.address} port {options.port}")
    print(server.get_bound_port(), flush=True)
    loop.run()
    os._exit(0)  # the pipelines of those who watch still run: nobody waits for them


if __name__ == "__main__":
    main()
