import type zh from "../zh/streetlights";

export default {} satisfies Record<keyof typeof zh, string>;
