"""H.264 from a TCP port in, RTSP out: GStreamer's RTSP server, run inside the private Debian folder.

Arguments: the port on 127.0.0.1 that pictures come from, "basic", "digest" or "open", the name and the password.
It prints the port it listens on. Nothing of ours is imported here: there is no venv where this runs.
"""

import socket
import struct
import sys
import threading

import gi  # type: ignore[import-not-found]

for name in ("Gst", "GstApp", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

HEAD = struct.Struct(">I?")  # length, and whether it is a key frame
PIPELINE = (
    "( appsrc name=film is-live=true format=time do-timestamp=true "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)


class Source:
    """Passes what comes from the port to the pipeline that plays now, from a key frame on."""

    def __init__(self) -> None:
        """Begin with no pipeline."""
        self.film = None
        self.begun = False

    def configure(self, _factory, media) -> None:  # type: ignore[no-untyped-def]
        """Take the pipeline that a first viewer made necessary."""
        self.film, self.begun = media.get_element().get_child_by_name("film"), False

    def read(self, port: int) -> None:
        """Read for ever."""
        with socket.create_connection(("127.0.0.1", port)) as end, end.makefile("rb") as stream:
            while head := stream.read(HEAD.size):
                length, key = HEAD.unpack(head)
                data, film = stream.read(length), self.film
                if film is not None and (self.begun or key):
                    self.begun = True
                    film.emit("push-buffer", Gst.Buffer.new_wrapped(data))


def main() -> None:
    """Serve until killed."""
    port, method, user, password = int(sys.argv[1]), *sys.argv[2:5]
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory, source = GstRtspServer.RTSPMediaFactory.new(), Source()
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    factory.connect("media-configure", source.configure)
    if method != "open":
        protect(server, factory, method, user, password)
    server.get_mount_points().add_factory("/street", factory)
    server.attach(None)
    threading.Thread(target=source.read, args=(port,), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def protect(server, factory, method, user, password) -> None:  # type: ignore[no-untyped-def]
    """Let in only who knows the password."""
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if method == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)
    allowed = GstRtspServer.RTSPPermissions()
    allowed.add_role("viewer")
    for permission in ("media.factory.access", "media.factory.construct"):
        allowed.add_permission_for_role("viewer", permission, True)
    factory.set_permissions(allowed)


assert GstApp  # its types must be known before an appsrc is made
if __name__ == "__main__":
    main()
