// A place chosen by typing part of its name or id: a box, and the list of what that names.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { gridName } from "../api/city";
import { t } from "../i18n";
import { type Place, placesNamed } from "./places";

interface PickerProps {
  id: string;
  places: readonly Place[];
  /** What is chosen already. */
  chosen: readonly string[];
  onPick: (id: string) => void;
  /** What the empty box says; left out, that all places are meant. */
  placeholder?: string;
}

const SHOWN = 12;

export function PlacePicker({ id, places, chosen, onPick, placeholder }: PickerProps) {
  const typed = useSignal("");
  const open = useSignal(false);
  const at = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const all = open.value
    ? placesNamed(
        places.filter((place) => !chosen.includes(place.id)),
        typed.value,
      )
    : [];
  const shown = all.slice(0, SHOWN);
  const active = Math.min(at.value, shown.length - 1);
  const pick = (place: Place | undefined) => {
    // What the city file does not name any more may still have a record.
    const wanted = place?.id ?? typed.value.trim();
    if (!wanted) return;
    typed.value = "";
    at.value = 0;
    open.value = false;
    onPick(wanted);
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const by = event.key === "ArrowDown" ? 1 : -1;
      at.value = open.value && shown.length > 0 ? (active + by + shown.length) % shown.length : 0;
      open.value = true;
      list.current?.children[at.value]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") pick(shown[active]);
    else if (event.key === "Escape" && open.value) open.value = false;
    else return;
    event.preventDefault();
  };
  return (
    <div class="place-picker">
      <input
        id={id}
        role="combobox"
        aria-expanded={open.value}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(open.value && shown[active] ? { "aria-activedescendant": `${id}-${active}` } : {})}
        autocomplete="off"
        placeholder={placeholder ? placeholder : chosen.length === 0 ? t("tuning.all-subjects") : t("tuning.one-more")}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
          open.value = true;
        }}
        onClick={() => {
          open.value = true;
        }}
        onBlur={() => {
          open.value = false;
        }}
        onKeyDown={key}
      />
      <ul
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={t("tuning.subjects")}
        hidden={!open.value || shown.length === 0}
      >
        {shown.map((place, index) => (
          <li
            key={place.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => {
              event.preventDefault(); // the box keeps the focus
              pick(place);
            }}
          >
            <span class="ellipsis">{place.name || place.id}</span>
            <span class="dim ellipsis">
              {place.name && <span class="mono">{place.id} </span>}
              {gridName(place.grid)}
            </span>
          </li>
        ))}
      </ul>
      {open.value && shown.length === 0 && typed.value.trim() !== "" && (
        <p class="place-none dim" role="status">
          {t("workbench.nothing-found")}
        </p>
      )}
      {open.value && all.length > shown.length && (
        <p class="place-none more dim" role="status">
          {t("workbench.more-found", { n: all.length - shown.length })}
        </p>
      )}
    </div>
  );
}
