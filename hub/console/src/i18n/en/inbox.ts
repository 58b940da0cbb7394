import type zh from "../zh/inbox";

export default {} satisfies Record<keyof typeof zh, string>;
