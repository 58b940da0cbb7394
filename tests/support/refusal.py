"""A TCP server that answers every request with the same words: a camera that refuses, or that says nothing."""

from __future__ import annotations

import re
import socket
import threading


class Refusal:
    """`with Refusal(answer) as port:`; `{cseq}` in the answer becomes the request's RTSP number."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []

    def __enter__(self) -> int:
        threading.Thread(target=self._accept, daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            client.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            while request := client.recv(4096):
                number = re.search(rb"CSeq: (\d+)", request)
                client.sendall(self._answer.format(cseq=number[1].decode() if number else "1").encode())
        except OSError:
            return
