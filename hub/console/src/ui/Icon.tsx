// The console's icons: a name in, an outline drawn with the colour of the text out. Drawn for this console.
const PATHS = {
  board: "M4 5h16M4 10h16M4 15h10M4 20h7",
  map: "M9 4 3.5 6.5v13L9 17l6 3 5.5-2.5v-13L15 7 9 4Zm0 0v13m6-10v13",
  camera: "M3.5 8h10.5v9H3.5zM14 11l6.5-3.5v9.5L14 14",
  case: "M4 8h16v11.5H4zM9 8V5h6v3M4 13h16",
  inbox: "M4 13 6.5 5h11L20 13v6.5H4zM4 13h5l1.2 2.5h3.6L15 13h5",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm4.8 11.3L20.5 20.5",
  lamp: "M7 20.5V6a3 3 0 0 1 3-3h4.5v3M11 6h7l-1 3.5h-5zM4.5 20.5h5M13 13v2.5M16 13v2.5",
  chart: "M4 20h16M6.5 20v-7M12 20V5M17.5 20v-10",
  pulse: "M3 12.5h4.5L10 5.5l4 13 2.5-6H21",
  sliders:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4ZM9 14.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z",
  send: "M20.5 3.5 10 14M20.5 3.5 14 20.5l-4-6.5-6.5-4z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 9c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6M18.5 15c2 .8 3 2.6 3 5",
  check: "m4.5 12.5 5 5 10-11",
  "check-twice": "m2.5 12.5 4.5 5 8.5-10.5M12 16l1.5 1.5 8-10.5",
  close: "M5.5 5.5l13 13M18.5 5.5l-13 13",
  clock: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 7.5V12l3.5 2",
  pause: "M8 5v14M16 5v14",
  flag: "M6 21V4h11l-2.5 4L17 12H6",
  user: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 9c0-4 3.5-6 7.5-6s7.5 2 7.5 6",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  mute: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9.5l5 5M20.5 9.5l-5 5",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  language: "M3.5 6h9M8 3.5V6M11 6c-.8 4-3.5 7-7 8.5M5.5 9c1.2 2.5 3.5 4.5 6 5.5M12.5 20.5l4-10 4 10M14 17h5",
  exit: "M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
  left: "M14.5 5 7.5 12l7 7",
  right: "M9.5 5l7 7-7 7",
  down: "m5 9 7 7 7-7",
  up: "m5 15 7-7 7 7",
  filter: "M4 5h16l-6 7.5V19l-4 2v-8.5z",
  warning: "M12 4 2.5 20h19zM12 10v4.5M12 17.3v.2",
  info: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 11v5.5M12 7.5v.3",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  shield: "M12 3 4.5 6v6c0 4.5 3 7.5 7.5 9 4.5-1.5 7.5-4.5 7.5-9V6zM8.5 12l2.5 2.5 4.5-5",
  plug: "M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  edit: "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19z",
  trash: "M5 7h14M9.5 7V4h5v3M7 7l1 13h8l1-13",
  undo: "M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11H9",
  download: "M12 4v11M7 10.5l5 5 5-5M4.5 20h15",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  keyboard: "M3 6.5h18v11H3zM6.5 10h.2M10 10h.2M13.5 10h.2M17 10h.2M7.5 14h9",
  layers: "M12 4 3.5 8.5 12 13l8.5-4.5zM3.5 12.5 12 17l8.5-4.5M3.5 16.5 12 21l8.5-4.5",
  pin: "M12 21s7-6.5 7-11.5a7 7 0 0 0-14 0C5 14.5 12 21 12 21Zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  menu: "M4 6.5h16M4 12h16M4 17.5h16",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-2.5 4 3.5M15.5 9.5h.2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
