import { describe, expect, it } from "vitest";
import { EventParser, type ServerEvent } from "../src/api/events";

const STREAM =
  ": lianqin feed\nretry: 2000\nid: 40\n\n" +
  'id: 41\nevent: alert.raised\ndata: {"seq":41}\n\n: still here\n\n' +
  "id: 42\r\nevent: alert.cleared\r\ndata: one\r\ndata: two\r\n\r\n";

const WHOLE: ServerEvent[] = [
  { id: "41", type: "alert.raised", data: '{"seq":41}' },
  { id: "42", type: "alert.cleared", data: "one\ntwo" },
];

function parse(pieces: string[]): ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe("server-sent events", () => {
  it("are the same however the stream is cut", () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      expect(parse([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(WHOLE);
    }
    expect(parse([...STREAM])).toEqual(WHOLE);
  });

  it("remember the number that is sent alone at the beginning", () => {
    const parser = new EventParser();
    expect(parser.push("id: 40\n\n")).toEqual([]);
    expect(parser.lastId).toBe("40");
  });

  it("hold back what is not finished", () => {
    expect(parse(["id: 1\ndata: half"])).toEqual([]);
  });
});
