// A picture with boxes drawn over it, each by its corners as shares of the picture; a bare frame where there is no picture.
import { useSignal } from "@preact/signals";
import { t } from "../i18n";

export interface Drawn {
  box: readonly [number, number, number, number];
  tone: string;
  words?: string;
}

export function Framed({ src, alt, boxes }: { src: string | null; alt: string; boxes: readonly Drawn[] }) {
  const gone = useSignal(false);
  const there = src !== null && !gone.value;
  return (
    <figure class={`framed${there ? "" : " bare"}`}>
      {there && (
        <img
          src={src}
          alt={alt}
          loading="lazy"
          onError={() => {
            gone.value = true;
          }}
        />
      )}
      <svg
        viewBox="0 0 1 1"
        preserveAspectRatio="none"
        {...(there ? { "aria-hidden": "true" } : { role: "img", "aria-label": alt })}
      >
        {boxes.map(({ box, tone }, index) => (
          <rect key={index} class={tone} x={box[0]} y={box[1]} width={box[2] - box[0]} height={box[3] - box[1]} />
        ))}
      </svg>
      {boxes.map(
        (one, index) =>
          one.words && (
            <span
              key={index}
              class={`framed-words ${one.tone}`}
              style={{ left: `${one.box[0] * 100}%`, top: `${one.box[1] * 100}%` }}
            >
              {one.words}
            </span>
          ),
      )}
      {!there && <figcaption class="dim">{t("weights.no-picture")}</figcaption>}
    </figure>
  );
}
