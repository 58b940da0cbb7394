import type zh from "../zh/search";

export default {} satisfies Record<keyof typeof zh, string>;
