// The zone editor: zones drawn over the camera's picture, checked, shown as the lines they become, and saved.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { asProblem } from "../api/problem";
import { t, words } from "../i18n";
import { said } from "../i18n/said";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { type Camera, checkZones, readHistory, readZones, resetZones, saveZones, wholeZone, type Zones } from "./api";
import { clearDraft, keepDraft, keptDraft } from "./drafts";
import { LivePicture } from "./LivePicture";
import { ZoneCanvas } from "./ZoneCanvas";
import { ZoneFields } from "./ZoneFields";
import { ZoneMark } from "./ZoneMark";
import { addZone, begin, type Draft, describe, dropZone, redo, slips, step, undo, type Zone } from "./zones";

interface ZoneEditorProps {
  camera: Camera;
  zones: Zones;
  /** Ids that zones of other cameras have. */
  taken: readonly string[];
  onDone: () => void;
}

export function ZoneEditor({ camera, zones, taken, onDone }: ZoneEditorProps) {
  const version = useSignal(zones.version);
  const editing = useSignal(begin(keptDraft(camera.id, zones.version) ?? zones.zones));
  const held = useSignal(false);
  const aspect = useSignal(16 / 9);
  const saving = useSignal(false);
  const open = useSignal<"patch" | "history" | "conflict" | "discard" | null>(null);
  const { now, before, after } = editing.value;
  const changed = JSON.stringify(now.zones) !== JSON.stringify(zones.zones);
  const wrong = now.zones.map((_, index) => slips(now.zones, index));
  const bad = wrong.some((list) => list.length > 0);

  const change = (next: Draft, gesture: string | null = null) => {
    editing.value = step(editing.value, next, gesture);
  };
  const leave = () => {
    clearDraft(camera.id);
    onDone();
  };

  useEffect(() => {
    if (changed) keepDraft(camera.id, zones.version, now.zones);
    else clearDraft(camera.id);
  }, [now.zones, changed]);
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [changed]);
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || open.value) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      editing.value = key === "y" || event.shiftKey ? redo(editing.value) : undo(editing.value);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

  const save = async (expected: string) => {
    saving.value = true;
    try {
      const saved = await saveZones(camera.id, now.zones, expected);
      told(t("cameras.saved", { version: saved.config_version }));
      leave();
    } catch (error) {
      if (asProblem(error).kind === "changed-meanwhile") open.value = "conflict";
      else refused(error);
    } finally {
      saving.value = false;
    }
  };
  const reset = async () => {
    try {
      await resetZones(camera.id, version.value);
      told(t("cameras.reset-done"));
      leave();
    } catch (error) {
      refused(error);
    }
  };

  const chosen = now.zone === null ? undefined : now.zones[now.zone];
  return (
    <div class="camera-page editor">
      <header class="cameras-tools">
        <Button
          kind="quiet"
          onClick={() => {
            if (changed) open.value = "discard";
            else leave();
          }}
        >
          ‹ {t("ui.back")}
        </Button>
        <h1>{t("cameras.edit-zones-of", { camera: camera.name || camera.id })}</h1>
        <span class="editor-tools">
          <IconButton
            icon="undo"
            label={t("cameras.undo")}
            disabled={before.length === 0}
            onClick={() => (editing.value = undo(editing.value))}
          />
          <IconButton
            icon="undo"
            class="mirrored"
            label={t("cameras.redo")}
            disabled={after.length === 0}
            onClick={() => (editing.value = redo(editing.value))}
          />
          <Button icon="pause" aria-pressed={held.value} onClick={() => (held.value = !held.value)}>
            {t("cameras.hold")}
          </Button>
          <Button icon="clock" onClick={() => (open.value = "history")}>
            {t("cameras.history")}
          </Button>
          <Button icon="copy" disabled={now.zones.length === 0} onClick={() => (open.value = "patch")}>
            {t("cameras.patch")}
          </Button>
          <Button
            kind="primary"
            icon="check"
            busy={saving.value}
            disabled={!changed || bad || !zones.writable}
            onClick={() => void save(version.value)}
          >
            {t("ui.save")}
          </Button>
        </span>
      </header>
      {!zones.writable && (
        <p class="notice failed editor-notice">
          {t("cameras.not-writable")} {said(zones.why_not_writable ?? "")}
        </p>
      )}
      <div class="camera-stage">
        <LivePicture
          camera={camera.id}
          fps={2}
          widthPx={1280}
          held={held.value}
          onPicture={(header) => {
            aspect.value = header.width / header.height;
          }}
        >
          <ZoneCanvas draft={now} aspect={aspect.value} onChange={change} />
        </LivePicture>
        <p class="dim editor-hint">{t("cameras.drawing-hint")}</p>
      </div>
      <aside class="camera-about">
        <section class="panel">
          <header>
            <h2>{t("cameras.zones")}</h2>
            <Button icon="plus" onClick={() => change(addZone(now, camera.id, taken))}>
              {t("cameras.add-zone")}
            </Button>
          </header>
          {now.zones.length === 0 ? (
            <Empty icon="layers" title={t("cameras.no-zones")} />
          ) : (
            <ul class="zone-list panel-content">
              {now.zones.map((zone, index) => (
                <li key={index}>
                  <button
                    type="button"
                    class="zone-choose"
                    aria-pressed={index === now.zone}
                    onClick={() => change({ ...now, zone: index, corner: null })}
                  >
                    <ZoneMark kind={zone.kind} silent />
                    <span class="ellipsis">{zone.name || zone.id}</span>
                    {(wrong[index]?.length ?? 0) > 0 && <span class="tag bad">{t("cameras.wrong")}</span>}
                  </button>
                  <IconButton
                    icon="trash"
                    size={16}
                    label={t("cameras.drop-zone", { zone: zone.name || zone.id })}
                    onClick={() => change(dropZone(now, index))}
                  />
                </li>
              ))}
            </ul>
          )}
        </section>
        {chosen && now.zone !== null && (
          <section class="panel">
            <header>
              <h2 class="ellipsis">{chosen.name || chosen.id}</h2>
            </header>
            <div class="panel-content">
              <ZoneFields
                zone={chosen}
                slips={[...(wrong[now.zone] ?? []), ...(taken.includes(chosen.id) ? (["id-twice"] as const) : [])]}
                onChange={(part, gesture) => change(describe(now, now.zone ?? 0, part), gesture)}
              />
            </div>
          </section>
        )}
        {zones.drawn && (
          <Button kind="quiet" onClick={() => void reset()} disabled={!zones.writable}>
            {t("cameras.reset")}
          </Button>
        )}
      </aside>
      {open.value === "patch" && (
        <PatchDialog camera={camera.id} zones={now.zones} onClose={() => (open.value = null)} />
      )}
      {open.value === "history" && (
        <HistoryDialog
          camera={camera.id}
          onClose={() => (open.value = null)}
          onTake={(found) => {
            change({ zones: found, zone: found.length ? 0 : null, corner: null });
            open.value = null;
          }}
        />
      )}
      {open.value === "discard" && (
        <Dialog
          title={t("cameras.discard")}
          onClose={() => (open.value = null)}
          actions={
            <>
              <Button onClick={() => (open.value = null)}>{t("cameras.go-on")}</Button>
              <Button kind="danger" onClick={leave}>
                {t("cameras.discard-yes")}
              </Button>
            </>
          }
        >
          <p>{t("cameras.discard-hint")}</p>
        </Dialog>
      )}
      {open.value === "conflict" && (
        <Dialog
          title={t("cameras.conflict")}
          onClose={() => (open.value = null)}
          actions={
            <>
              <Button onClick={leave}>{t("cameras.conflict-theirs")}</Button>
              <Button
                kind="danger"
                busy={saving.value}
                onClick={() =>
                  void readZones(camera.id).then(
                    (found) => {
                      version.value = found.version;
                      open.value = null;
                      return save(found.version);
                    },
                    (error: unknown) => refused(error),
                  )
                }
              >
                {t("cameras.conflict-mine")}
              </Button>
            </>
          }
        >
          <p>{t("cameras.conflict-hint")}</p>
        </Dialog>
      )}
    </div>
  );
}

function PatchDialog({ camera, zones, onClose }: { camera: string; zones: readonly Zone[]; onClose: () => void }) {
  const found = useResource(() => checkZones(camera, zones), []);
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([found.value?.patch ?? ""], { type: "application/yaml" }));
    link.download = `${camera}.zones.yaml`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Dialog
      title={t("cameras.patch")}
      wide
      onClose={onClose}
      actions={
        found.value && (
          <>
            <Button
              icon="copy"
              onClick={() =>
                void navigator.clipboard?.writeText(found.value?.patch ?? "").then(() => told(t("ui.copied")))
              }
            >
              {t("ui.copy")}
            </Button>
            <Button icon="download" onClick={download}>
              {t("cameras.download")}
            </Button>
          </>
        )
      }
    >
      {found.problem && <Failed problem={found.problem} again={found.again} />}
      {!found.value && !found.problem && <Loading rows={3} />}
      {found.value && (
        <>
          {found.value.problems.length > 0 ? (
            <ul class="notice failed zone-problems">
              {found.value.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          ) : (
            <p class="dim">{t("cameras.patch-good")}</p>
          )}
          <pre class="zone-patch mono" tabIndex={0}>
            {found.value.patch}
          </pre>
        </>
      )}
    </Dialog>
  );
}

function HistoryDialog({
  camera,
  onClose,
  onTake,
}: {
  camera: string;
  onClose: () => void;
  onTake: (zones: Zone[]) => void;
}) {
  const found = useResource((signal) => readHistory(camera, signal), []);
  return (
    <Dialog title={t("cameras.history")} onClose={onClose}>
      {found.problem && <Failed problem={found.problem} again={found.again} />}
      {!found.value && !found.problem && <Loading rows={3} />}
      {found.value?.length === 0 && <p class="dim">{t("cameras.history-none")}</p>}
      <ul class="zone-history">
        {found.value?.map((change) => (
          <li key={change.at}>
            <span>
              <Time at={change.at} as="full" /> · {change.by}
              <span class="dim"> · {t("cameras.n-zones", { n: change.zones.length })}</span>
            </span>
            <Button kind="quiet" onClick={() => onTake(change.zones.map(wholeZone))}>
              {t("cameras.history-take")}
            </Button>
          </li>
        ))}
      </ul>
      <p class="dim">{words("cameras.history-hint")}</p>
    </Dialog>
  );
}
