// What is said of one zone: its id, name, kind, dwell, and the hours in which it holds or stalls are permitted.
import { t, words } from "../i18n";
import { Button, IconButton } from "../ui/Button";
import { Field } from "../ui/Field";
import { ALWAYS, type Slip, type Window, ZONE_KINDS, type Zone, type ZoneKind } from "./zones";

interface ZoneFieldsProps {
  zone: Zone;
  slips: readonly Slip[];
  onChange: (change: Partial<Zone>, gesture: string | null) => void;
}

export function ZoneFields({ zone, slips, onChange }: ZoneFieldsProps) {
  const polygon = slips.find((slip) => slip === "crossed" || slip === "small" || slip === "same-corners");
  const id = slips.find((slip) => slip === "bad-id" || slip === "id-twice");
  return (
    <div class="zone-fields">
      {polygon && (
        <p class="notice failed" role="alert">
          {words(`cameras.slip.${polygon}`)}
        </p>
      )}
      <Field label={t("cameras.zone-kind")}>
        {(control) => (
          <select
            {...control}
            value={zone.kind}
            onChange={(event) => {
              const kind = event.currentTarget.value as ZoneKind;
              // Permits belong to permitted stalls alone, and the hours of watching to the others.
              onChange(
                kind === "permitted_stall"
                  ? { kind, active: [], permits: zone.permits.length ? zone.permits : [ALWAYS] }
                  : { kind, permits: [] },
                null,
              );
            }}
          >
            {ZONE_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {words(`cameras.kind.${kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("cameras.zone-name")}>
        {(control) => (
          <input
            {...control}
            value={zone.name}
            maxLength={100}
            onInput={(event) => onChange({ name: event.currentTarget.value }, "name")}
          />
        )}
      </Field>
      <Field label={t("cameras.zone-id")} hint={t("cameras.zone-id-hint")} error={id && words(`cameras.slip.${id}`)}>
        {(control) => (
          <input
            {...control}
            class="mono"
            value={zone.id}
            maxLength={64}
            onInput={(event) => onChange({ id: event.currentTarget.value }, "id")}
          />
        )}
      </Field>
      {(zone.kind === "no_parking" || zone.kind === "no_stall") && (
        <Field
          label={t("cameras.dwell")}
          hint={t("cameras.dwell-hint")}
          error={slips.includes("bad-dwell") ? t("cameras.slip.bad-dwell") : null}
        >
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              max={86400}
              value={zone.dwell_s ?? ""}
              onInput={(event) => {
                const given = event.currentTarget.valueAsNumber;
                onChange({ dwell_s: Number.isFinite(given) ? given : null }, "dwell");
              }}
            />
          )}
        </Field>
      )}
      {(zone.kind === "no_parking" || zone.kind === "no_stall") && (
        <Windows
          title={t("cameras.active")}
          empty={t("cameras.active-always")}
          windows={zone.active}
          onChange={(active, gesture) => onChange({ active }, gesture && `active-${gesture}`)}
        />
      )}
      {zone.kind === "permitted_stall" && (
        <Windows
          title={t("cameras.permits")}
          empty={t("cameras.permits-never")}
          windows={zone.permits}
          onChange={(permits, gesture) => onChange({ permits }, gesture && `permits-${gesture}`)}
        />
      )}
      <Field
        label={t("cameras.ground")}
        hint={t("cameras.ground-hint")}
        error={slips.includes("bad-place") ? t("cameras.slip.bad-place") : null}
      >
        {(control) => (
          <span class="zone-ground">
            <Degrees
              {...control}
              label={t("cameras.latitude")}
              value={zone.latitude}
              onChange={(latitude) => onChange({ latitude }, "latitude")}
            />
            <Degrees
              label={t("cameras.longitude")}
              value={zone.longitude}
              onChange={(longitude) => onChange({ longitude }, "longitude")}
            />
          </span>
        )}
      </Field>
      {slips.includes("bad-hours") && <p class="field-error">{t("cameras.slip.bad-hours")}</p>}
      {slips.includes("bad-season") && <p class="field-error">{t("cameras.slip.bad-season")}</p>}
    </div>
  );
}

function Degrees({
  label,
  value,
  onChange,
  ...control
}: {
  label: string;
  value: number | null;
  onChange: (value: number | null) => void;
  id?: string;
}) {
  return (
    <input
      {...control}
      type="number"
      step="any"
      aria-label={label}
      placeholder={label}
      value={value ?? ""}
      onInput={(event) => {
        const given = event.currentTarget.valueAsNumber;
        onChange(Number.isFinite(given) ? given : null);
      }}
    />
  );
}

function Windows({
  title,
  empty,
  windows,
  onChange,
}: {
  title: string;
  empty: string;
  windows: readonly Window[];
  onChange: (windows: readonly Window[], gesture: string | null) => void;
}) {
  const change = (index: number, part: Partial<Window>, gesture: string | null = null) =>
    onChange(
      windows.map((window, at) => (at === index ? { ...window, ...part } : window)),
      gesture && `${gesture}-${index}`,
    );
  return (
    <fieldset class="zone-windows">
      <legend>{title}</legend>
      {windows.length === 0 && <p class="dim">{empty}</p>}
      {windows.map((window, index) => (
        <div key={index} class="zone-window">
          <input
            class="mono"
            aria-label={t("cameras.hours")}
            placeholder="06:00-22:00"
            value={window.hours}
            onInput={(event) => change(index, { hours: event.currentTarget.value }, "hours")}
          />
          <IconButton
            icon="trash"
            size={16}
            label={t("cameras.drop-window")}
            onClick={() =>
              onChange(
                windows.filter((_, at) => at !== index),
                null,
              )
            }
          />
          <div class="zone-days">
            {[1, 2, 3, 4, 5, 6, 7].map((day) => (
              <label key={day} title={words(`cameras.weekday.${day}`)}>
                <input
                  type="checkbox"
                  checked={window.weekdays.includes(day)}
                  aria-label={words(`cameras.weekday.${day}`)}
                  onChange={(event) =>
                    change(index, {
                      weekdays: event.currentTarget.checked
                        ? [...window.weekdays, day].sort()
                        : window.weekdays.filter((one) => one !== day),
                    })
                  }
                />
                <span aria-hidden="true">{words(`cameras.day.${day}`)}</span>
              </label>
            ))}
          </div>
          <input
            class="mono"
            aria-label={t("cameras.season")}
            placeholder={t("cameras.season-hint")}
            value={window.season ?? ""}
            onInput={(event) => change(index, { season: event.currentTarget.value || null }, "season")}
          />
          <select
            aria-label={t("cameras.holidays")}
            value={window.holidays}
            onChange={(event) => change(index, { holidays: event.currentTarget.value as Window["holidays"] })}
          >
            {["any", "only", "never"].map((name) => (
              <option key={name} value={name}>
                {words(`cameras.holidays-${name}`)}
              </option>
            ))}
          </select>
        </div>
      ))}
      <Button kind="quiet" icon="plus" onClick={() => onChange([...windows, ALWAYS], null)}>
        {t("cameras.add-window")}
      </Button>
    </fieldset>
  );
}
