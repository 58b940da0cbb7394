// Server-sent events out of chunks of text: pure, so that every way of cutting the stream can be tested.

export interface ServerEvent {
  id: string | null;
  type: string;
  data: string;
}

/** Takes text as it comes, gives the events it completes; what is unfinished waits for the next piece. */
export class EventParser {
  #rest = "";
  #id: string | null = null;
  #type = "";
  #data: string[] = [];
  #skipLineFeed = false;

  push(text: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    let piece = text;
    if (this.#skipLineFeed && piece.length > 0) {
      if (piece.startsWith("\n")) piece = piece.slice(1);
      this.#skipLineFeed = false;
    }
    if (piece.endsWith("\r")) this.#skipLineFeed = true; // its line feed may come with the next piece
    const lines = (this.#rest + piece).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line);
      if (event) found.push(event);
    }
    return found;
  }

  /** The id of the last event, or the one that was sent alone to mark the beginning. */
  get lastId(): string | null {
    return this.#id;
  }

  #line(line: string): ServerEvent | null {
    if (line === "") {
      const event = { id: this.#id, type: this.#type || "message", data: this.#data.join("\n") };
      const there = this.#data.length > 0;
      this.#type = "";
      this.#data = [];
      return there ? event : null;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.#id = value;
    else if (name === "event") this.#type = value;
    else if (name === "data") this.#data.push(value);
    return null;
  }
}
