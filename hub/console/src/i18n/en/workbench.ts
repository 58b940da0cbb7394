// The workbench's parts for devices: choosing them, their lanes, thresholds that several rules share.
export default {
  "workbench.states-tried": "Detector's states, tried",
  "workbench.zoom-for-readings":
    "Zoom in to {hours} hours or less to see readings or detections and the detector's states.",
  "workbench.zoom-there": "Zoom in there",
  "workbench.no-diff": "Nothing can be compared with these thresholds: see “Scores” for why.",
  "workbench.nothing-found": "This rule judges nothing of that name.",
  "workbench.more-found": "{n} more: type on.",
  "workbench.range-low": "{quantity}: lowest possible",
  "workbench.range-high": "{quantity}: highest possible",
} as const;
