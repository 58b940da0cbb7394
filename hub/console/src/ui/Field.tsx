// A labelled field of a form: label, control, hint and what is wrong with it, tied together for screen readers.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = error || hint ? { "aria-describedby": `${id}-about` } : {};
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...described, ...(error ? { "aria-invalid": true } : {}) })}
      {(error || hint) && (
        <p id={`${id}-about`} class={error ? "field-error" : "field-hint"}>
          {error || hint}
        </p>
      )}
    </div>
  );
}
