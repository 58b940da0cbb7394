// A new endpoint: its address, what is sent there, and the permission to send to a host inside.
import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import { t } from "../i18n";
import { Ask } from "../ui/Ask";
import { Field } from "../ui/Field";

export function NewEndpoint({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const url = useSignal("");
  const description = useSignal("");
  const types = useSignal("");
  const inside = useSignal("");
  const fields = [
    { label: t("deliveries.url"), hint: t("deliveries.url-hint"), value: url, required: true, most: 2000 },
    { label: t("deliveries.description"), hint: undefined, value: description, required: false, most: 200 },
    { label: t("deliveries.types"), hint: t("deliveries.types-hint"), value: types, required: false, most: 2000 },
    { label: t("deliveries.private-host"), hint: undefined, value: inside, required: false, most: 253 },
  ];
  return (
    <Ask
      title={t("deliveries.new")}
      does={t("deliveries.new")}
      onClose={onClose}
      run={async () => {
        const made = await post<{ secret: string }>("deliveries/endpoints", {
          url: url.value.trim(),
          description: description.value.trim(),
          types: types.value.split(/[\s,]+/).filter(Boolean),
          ...(inside.value.trim() ? { private_host: inside.value.trim() } : {}),
        });
        onMade(made.secret);
      }}
    >
      {fields.map((field) => (
        <Field key={field.label} label={field.label} hint={field.hint}>
          {(control) => (
            <input
              {...control}
              required={field.required}
              maxLength={field.most}
              value={field.value.value}
              onInput={(event) => {
                field.value.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
      ))}
    </Ask>
  );
}
