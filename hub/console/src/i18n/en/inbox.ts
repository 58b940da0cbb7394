export default {
  "inbox.title": "Department inbox",
  "inbox.about": "Cases for {department}, the nearest deadline first.",
  "inbox.everyone": "every department",
  "inbox.none": "Nothing to do",
  "inbox.none-hint": "What is dispatched to you appears here by itself.",
  "inbox.to-take": "To take",
  "inbox.mine": "In hand",
  "inbox.waiting": "Waiting for verification",
  "inbox.open": "Open",
  "inbox.call": "Show the way",
  "inbox.new": "{n} new",
} as const;
