// One live picture as it comes over the socket: bytes in, what is told of it and its JPEG out. Pure.
//
// Four bytes name the form, four give the length of the header (big-endian), then the header as JSON, then the JPEG.

export interface LiveBox {
  label: string;
  confidence: number;
  track: number | null;
  /** Corners in fractions of the picture. */
  box: [number, number, number, number];
}

export interface LiveHeader {
  camera: string;
  at: string;
  width: number;
  height: number;
  /** When the boxes were seen: a moment before or after the picture. */
  boxes_at: string | null;
  boxes: LiveBox[];
}

export interface LiveFrame {
  header: LiveHeader;
  jpeg: Uint8Array<ArrayBuffer>;
}

const MAGIC = "LQP1";

/** Return the picture, or null for bytes that are none. */
export function parseFrame(data: ArrayBuffer): LiveFrame | null {
  if (data.byteLength < 8) return null;
  const bytes = new Uint8Array(data);
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) return null;
  const begins = 8 + new DataView(data).getUint32(4);
  if (begins >= data.byteLength) return null;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begins))) as LiveHeader;
    if (typeof header.camera !== "string" || !Array.isArray(header.boxes)) return null;
    return { header, jpeg: bytes.subarray(begins) };
  } catch {
    return null;
  }
}

const FRESH_MS = 3000;

/** Return how far apart the picture and its boxes were taken; endless where there are none. */
export function boxesAgeMs(header: LiveHeader): number {
  return header.boxes_at ? Math.abs(Date.parse(header.at) - Date.parse(header.boxes_at)) : Number.POSITIVE_INFINITY;
}

/** Return the boxes that may be drawn into the picture: what was seen long before it is there no more. */
export function freshBoxes(header: LiveHeader): LiveBox[] {
  return boxesAgeMs(header) <= FRESH_MS ? header.boxes : [];
}
