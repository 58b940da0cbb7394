import type zh from "../zh/cameras";

export default {} satisfies Record<keyof typeof zh, string>;
