// Photos to go with a step: taken or chosen, handed in at once, shown small, taken back before the step is sent.
import { type Signal, useSignal } from "@preact/signals";
import { send } from "../api/http";
import { t } from "../i18n";
import { IconButton } from "../ui/Button";
import { refused } from "../ui/toast";

export interface Photo {
  sha256: string;
  url: string;
}

const MOST = 10;

export function PhotoField({ photos }: { photos: Signal<readonly Photo[]> }) {
  const busy = useSignal(0);
  const add = async (files: FileList | null) => {
    for (const file of [...(files ?? [])].slice(0, MOST - photos.value.length)) {
      busy.value += 1;
      try {
        const answer = await send("POST", "photos", file);
        const { sha256 } = (await answer.json()) as { sha256: string };
        if (!photos.value.some((one) => one.sha256 === sha256))
          photos.value = [...photos.value, { sha256, url: URL.createObjectURL(file) }];
      } catch (error) {
        refused(error);
      } finally {
        busy.value -= 1;
      }
    }
  };
  return (
    <div class="field">
      <span class="label">{t("cases.photos")}</span>
      <ul class="photos">
        {photos.value.map((photo) => (
          <li key={photo.sha256}>
            <img src={photo.url} alt="" />
            <IconButton
              icon="close"
              size={14}
              label={t("cases.photo-remove")}
              onClick={() => {
                URL.revokeObjectURL(photo.url);
                photos.value = photos.value.filter((one) => one !== photo);
              }}
            />
          </li>
        ))}
        {photos.value.length < MOST && (
          <li>
            <label class="button photo-add" aria-busy={busy.value > 0}>
              <input
                type="file"
                class="visually-hidden"
                accept="image/jpeg,image/png"
                multiple
                disabled={busy.value > 0}
                onChange={(event) => {
                  const input = event.currentTarget;
                  void add(input.files).then(() => {
                    input.value = "";
                  });
                }}
              />
              <span>{busy.value > 0 ? t("ui.loading") : t("cases.photo-add")}</span>
            </label>
          </li>
        )}
      </ul>
      <p class="field-hint">{t("cases.photos-hint")}</p>
    </div>
  );
}
