import type zh from "../zh/cases";

export default {} satisfies Record<keyof typeof zh, string>;
