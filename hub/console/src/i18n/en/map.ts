import type zh from "../zh/map";

export default {} satisfies Record<keyof typeof zh, string>;
