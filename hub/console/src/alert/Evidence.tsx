// The evidence pictures of an alert, before and after, each with its hash; or why there is none.
import { useSignal } from "@preact/signals";
import type { Alert, Picture as PictureOf } from "../api/types";
import { t, words } from "../i18n";
import { Picture } from "./Picture";

const ORDER = ["first_sight", "confirmation", "clear"];
const FROM_CAMERAS = ["parking.", "stall."];

export function Evidence({ alert }: { alert: Alert }) {
  const boxes = useSignal(true);
  const judgedByPictures = FROM_CAMERAS.some((domain) => alert.rule.startsWith(domain));
  if (!judgedByPictures && alert.evidence.length === 0 && alert.evidence_missing.length === 0) return null;
  const annotated = alert.evidence.some((one) => one.kind.endsWith("_annotated"));
  const shown = ORDER.map((kind) => choose(alert.evidence, kind, boxes.value)).filter((one) => one !== null);
  return (
    <section class="panel" aria-label={t("alert.evidence")}>
      <header>
        <h2>{t("alert.evidence")}</h2>
        {(annotated || alert.place) && (
          <label class="toggle">
            <input
              type="checkbox"
              checked={boxes.value}
              onChange={(event) => {
                boxes.value = event.currentTarget.checked;
              }}
            />
            {t("alert.boxes")}
          </label>
        )}
      </header>
      <div class="panel-content pictures">
        {shown.map((picture) => (
          <Picture key={picture.sha256} picture={picture} alert={alert} boxes={boxes.value} />
        ))}
        {shown.length === 0 && alert.evidence_missing.length === 0 && <p class="dim">{t("alert.evidence-coming")}</p>}
        {alert.evidence_missing.map((one) => (
          <p key={one.kind} class="picture-gone">
            {words(`alert.kind.${one.kind}`, one.kind)} ·{" "}
            {t("alert.missing", { why: words(`alert.missing.${one.why}`, one.why) })}
          </p>
        ))}
      </div>
    </section>
  );
}

/** Return the picture of `kind`: with boxes drawn in where one wants and there is such a one, else the plain one. */
function choose(pictures: readonly PictureOf[], kind: string, boxes: boolean): PictureOf | null {
  const drawn = pictures.find((one) => one.kind === `${kind}_annotated`) ?? null;
  const plain = pictures.find((one) => one.kind === kind) ?? null;
  return boxes ? (drawn ?? plain) : (plain ?? drawn);
}
