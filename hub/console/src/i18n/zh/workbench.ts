// The workbench's parts for devices: choosing them, their lanes, thresholds that several rules share.
export default {
  "workbench.states-tried": "检测器状态（试用）",
  "workbench.zoom-for-readings": "放大到 {hours} 小时以内，就能看到读数或检出和检测器状态。",
  "workbench.zoom-there": "放大查看",
  "workbench.no-diff": "这组阈值不能用来判别，原因见“分数”。",
  "workbench.nothing-found": "这条规则不判断叫这个名字的对象。",
  "workbench.more-found": "还有 {n} 个，请继续输入。",
  "workbench.range-low": "{quantity}最小可能值",
  "workbench.range-high": "{quantity}最大可能值",
} as const;
