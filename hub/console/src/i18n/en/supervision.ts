import type zh from "../zh/supervision";

export default {} satisfies Record<keyof typeof zh, string>;
