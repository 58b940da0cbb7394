// What the hub says of a run, in the page's language.
export { said } from "../i18n/said";
