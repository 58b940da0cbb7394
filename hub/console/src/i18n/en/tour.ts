import type zh from "../zh/tour";

export default {
  "tour.short": "Tour",
  "tour.put-away": "Put the tour away",
  "tour.happenings": "What is happening",
  "tour.try": "What to try",
  "tour.left": "{n} to go",
  "tour.all-done": "all tried",
  "tour.in": "in {in}",
  "tour.begun": "being judged",
  "tour.to-come": "still to come",
  "tour.raised": "alert raised",
  "tour.dealt-with": "acknowledged",
  "tour.over": "cleared",
  "tour.done": "done",
} satisfies Record<keyof typeof zh, string>;
