import type zh from "../zh/alert";

export default {} satisfies Record<keyof typeof zh, string>;
