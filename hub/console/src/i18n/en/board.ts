import type zh from "../zh/board";

export default {} satisfies Record<keyof typeof zh, string>;
