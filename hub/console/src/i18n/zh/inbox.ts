export default {
  "inbox.title": "部门待办",
  "inbox.about": "派给 {department} 的案件，时限最近的在前。",
  "inbox.everyone": "全部部门",
  "inbox.none": "没有待办案件",
  "inbox.none-hint": "新派遣的案件会自动出现在这里。",
  "inbox.to-take": "待接单",
  "inbox.mine": "处置中",
  "inbox.waiting": "待核查",
  "inbox.open": "打开",
  "inbox.call": "导航到地点",
  "inbox.new": "{n} 件新派遣",
} as const;
