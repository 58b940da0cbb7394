// A new endpoint: its address, what is sent there, and the permission to send to a host inside.
import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import { t } from "../i18n";
import { Ask } from "../ui/Ask";
import { Line } from "../ui/inputs";

export function NewEndpoint({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const url = useSignal("");
  const description = useSignal("");
  const types = useSignal("");
  const inside = useSignal("");
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
      <Line label={t("deliveries.url")} value={url} hint={t("deliveries.url-hint")} required maxLength={2000} />
      <Line label={t("deliveries.description")} value={description} maxLength={200} />
      <Line label={t("deliveries.types")} value={types} hint={t("deliveries.types-hint")} maxLength={2000} />
      <Line label={t("deliveries.private-host")} value={inside} maxLength={253} />
    </Ask>
  );
}
