// One socket for all live pictures of the console: who wants which camera in, each camera's newest picture out.
//
// The server is told as a whole what is watched now, whenever that changes; it sends nothing else. A lost connection is
// made again for as long as somebody watches.
import { signal } from "@preact/signals";
import { API } from "../api/http";
import { type LiveFrame, parseFrame } from "./frame";

export interface Wish {
  fps: number;
  widthPx: number;
}

interface Watcher extends Wish {
  camera: string;
  take: (frame: LiveFrame) => void;
}

export type LinkState = "idle" | "connecting" | "live" | "cut" | "broker-away";

/** How the way to the pictures stands. */
export const liveLink = signal<LinkState>("idle");
/** Cameras that the server does not show to whoever is signed in here. */
export const refusedCameras = signal<ReadonlySet<string>>(new Set());

const LEAST_WAIT_MS = 500;
const MOST_WAIT_MS = 10_000;
const GATHER_MS = 60; // a wall that is scrolled changes many tiles at once
const LINGER_MS = 5_000;
const SIGNED_OUT = 4401;
export const MOST_CAMERAS = 64;

class LiveSocket {
  #watchers = new Set<Watcher>();
  #socket: WebSocket | null = null;
  #wait = LEAST_WAIT_MS;
  #gather: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #said = "";

  /** Be handed the newest pictures of `camera` from now on; call what is returned to want no more of them. */
  watch(camera: string, wish: Wish, take: (frame: LiveFrame) => void): () => void {
    const watcher = { camera, ...wish, take };
    this.#watchers.add(watcher);
    clearTimeout(this.#linger);
    this.#tell();
    this.#connect();
    return () => {
      this.#watchers.delete(watcher);
      this.#tell();
      if (this.#watchers.size === 0) this.#linger = setTimeout(() => this.#hangUp(), LINGER_MS);
    };
  }

  #connect(): void {
    if (this.#socket || this.#retry) return;
    liveLink.value = "connecting";
    const address = new URL(`${API}/cameras/live`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#said = "";
    socket.onopen = () => {
      this.#wait = LEAST_WAIT_MS;
      liveLink.value = "live";
      this.#tell();
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.#heard(data);
      else this.#handOut(data);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (this.#watchers.size === 0 || code === SIGNED_OUT) {
        liveLink.value = code === SIGNED_OUT ? "cut" : "idle";
        return;
      }
      liveLink.value = "cut";
      this.#retry = setTimeout(
        () => {
          this.#retry = undefined;
          if (this.#watchers.size > 0) this.#connect();
        },
        this.#wait * (0.8 + 0.4 * Math.random()),
      );
      this.#wait = Math.min(this.#wait * 2, MOST_WAIT_MS);
    };
  }

  #hangUp(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    liveLink.value = "idle";
  }

  #tell(): void {
    clearTimeout(this.#gather);
    this.#gather = setTimeout(() => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      const order = JSON.stringify({ watch: wanted(this.#watchers) });
      if (order === this.#said) return;
      this.#said = order;
      this.#socket.send(order);
    }, GATHER_MS);
  }

  #heard(text: string): void {
    const message = JSON.parse(text) as { type: string; connected?: boolean; refused?: { camera: string }[] };
    if (message.type === "broker") liveLink.value = message.connected ? "live" : "broker-away";
    if (message.type === "watching") {
      const refused = (message.refused ?? []).map((one) => one.camera);
      if (refused.length || refusedCameras.value.size) refusedCameras.value = new Set(refused);
    }
  }

  #handOut(data: ArrayBuffer): void {
    const frame = parseFrame(data);
    if (!frame) return;
    for (const watcher of this.#watchers) if (watcher.camera === frame.header.camera) watcher.take(frame);
  }
}

/** Put together what several watchers of one camera want: the most of each. */
export function wanted(
  watchers: Iterable<{ camera: string; fps: number; widthPx: number }>,
): { camera: string; fps: number; width: number }[] {
  const found = new Map<string, { camera: string; fps: number; width: number }>();
  for (const { camera, fps, widthPx } of watchers) {
    const known = found.get(camera) ?? { camera, fps: 0, width: 0 };
    found.set(camera, { camera, fps: Math.max(known.fps, fps), width: Math.max(known.width, Math.round(widthPx)) });
  }
  return [...found.values()].sort((a, b) => a.camera.localeCompare(b.camera)).slice(0, MOST_CAMERAS);
}

export const liveSocket = new LiveSocket();
