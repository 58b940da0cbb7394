// Fields that write into a signal: one line, several lines, a choice. What is wrong or helpful stands below them.
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { Field } from "./Field";

interface Common {
  label: string;
  value: Signal<string>;
  hint?: string | undefined;
  error?: string | null | undefined;
}

interface LineProps extends Common {
  type?: "text" | "number" | "datetime-local" | "search";
  required?: boolean;
  maxLength?: number;
  min?: number;
  max?: number;
  placeholder?: string;
  class?: string;
}

export function Line({ label, value, hint, error, type = "text", ...rest }: LineProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          // The library's types tie each kind to attributes of its own; a kind that is chosen later fits none of them.
          {...({ type, autocomplete: "off", ...rest } as JSX.IntrinsicElements["input"])}
          {...control}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}

interface LinesProps extends Common {
  required?: boolean;
  maxLength?: number;
}

export function Lines({ label, value, hint, error, ...rest }: LinesProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <textarea
          {...rest}
          {...control}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  words: string;
}

interface ChoiceProps extends Common {
  options: readonly Option[];
  /** What no choice is called; without it there is none. */
  none?: string;
  required?: boolean;
  onChoose?: (value: string) => void;
}

export function Choice({ label, value, hint, error, options, none, required = false, onChoose }: ChoiceProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select
          {...control}
          required={required}
          value={value.value}
          onChange={(event) => {
            value.value = event.currentTarget.value;
            onChoose?.(value.value);
          }}
        >
          {none !== undefined && <option value="">{none}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
