// One evidence picture: what it shows and when, the place marked in it, and whether it is the one in the record.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Alert, Picture as PictureOf } from "../api/types";
import { t, words } from "../i18n";
import { Icon } from "../ui/Icon";
import { Time } from "../ui/Time";

interface PictureProps {
  picture: PictureOf;
  alert: Alert;
  small?: boolean;
  /** Draw the alert's place into a picture that comes without boxes. */
  boxes?: boolean;
}

export function Picture({ picture, alert, small = false, boxes = true }: PictureProps) {
  const gone = useSignal(false);
  const drawn = picture.kind.endsWith("_annotated");
  const kind = picture.kind.replace("_annotated", "");
  const place = alert.place;
  return (
    <figure class={small ? "picture small" : "picture"}>
      {gone.value ? (
        <p class="picture-gone">{t("alert.picture-gone")}</p>
      ) : (
        <div class="picture-frame">
          <img
            src={picture.url}
            alt={`${words(`alert.kind.${kind}`, kind)} · ${alert.subject}`}
            loading="lazy"
            onError={() => {
              gone.value = true;
            }}
          />
          {boxes && !drawn && place && (
            <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
              <rect x={place[0]} y={place[1]} width={place[2] - place[0]} height={place[3] - place[1]} />
            </svg>
          )}
        </div>
      )}
      <figcaption>
        <strong>{words(`alert.kind.${kind}`, kind)}</strong> <Time at={picture.at} as="clock" />
        {!small && <Proof picture={picture} />}
      </figcaption>
    </figure>
  );
}

/** Fetch the picture and hash it here: what the hub says of it is not taken on trust where the browser can tell. */
function Proof({ picture }: { picture: PictureOf }) {
  const state = useSignal<"checking" | "same" | "other" | "unknown">("checking");
  useEffect(() => {
    const ended = new AbortController();
    state.value = "checking";
    check(picture, ended.signal).then(
      (found) => {
        state.value = found;
      },
      () => {
        if (!ended.signal.aborted) state.value = "unknown";
      },
    );
    return () => ended.abort();
  }, [picture.sha256]);
  return (
    <p class="proof">
      <span class="mono" title={picture.sha256}>
        {picture.sha256.slice(0, 16)}…
      </span>
      {state.value === "checking" && <span class="dim">{t("alert.verifying")}</span>}
      {state.value === "same" && (
        <span class="tag good">
          <Icon name="shield" size={12} />
          {t("alert.verified")}
        </span>
      )}
      {state.value === "other" && (
        <span class="tag bad">
          <Icon name="warning" size={12} />
          {t("alert.not-verified")}
        </span>
      )}
    </p>
  );
}

async function check(picture: PictureOf, signal: AbortSignal): Promise<"same" | "other" | "unknown"> {
  // Browsers hash only on pages that came by https or from this very machine.
  if (!globalThis.crypto?.subtle) return "unknown";
  const answer = await fetch(picture.url, { signal, credentials: "same-origin" });
  if (!answer.ok) return "unknown";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === picture.sha256 ? "same" : "other";
}
