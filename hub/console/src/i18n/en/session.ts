import type zh from "../zh/session";

export default {
  "session.title": "Sign in",
  "session.subtitle": "Real-time monitoring for the joint-duty centre",
  "session.name": "User name",
  "session.password": "Password",
  "session.show-password": "Show password",
  "session.hide-password": "Hide password",
  "session.sign-in": "Sign in",
  "session.signing-in": "Signing in…",
  "session.refused": "The user name or the password is wrong.",
  "session.locked": "Too many attempts. Try again in {wait}.",
  "session.ended": "Your session is over; please sign in again. What you had not finished was not carried out.",
  "session.ticket-refused": "The sign-in link was used or is too old. Sign in with your name, or get a new link.",
  "session.unreachable": "The server cannot be reached. Check the network and try again.",
  "session.missing": "Enter your user name and password.",
  "session.caps": "Caps lock is on",
} satisfies Record<keyof typeof zh, string>;
