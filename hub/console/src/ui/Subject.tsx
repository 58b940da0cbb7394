// What an alert is about: its name, and its id beside it.
import { nameOf } from "../api/names";

export function Subject({ id }: { id: string }) {
  const name = nameOf(id);
  return (
    <>
      {name && <span class="subject-name">{name} </span>}
      <span class={name ? "subject-id mono" : ""}>{id}</span>
    </>
  );
}
