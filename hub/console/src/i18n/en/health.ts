import type zh from "../zh/health";

export default {} satisfies Record<keyof typeof zh, string>;
