import type zh from "../zh/deliveries";

export default {} satisfies Record<keyof typeof zh, string>;
