// What the board knows, as plain data: the present state and then every item of the feed in, incidents out. Pure.
//
// The state comes in pages, which are read one after another while the feed goes on. An item of the feed that is newer
// than a page wins over it, so that after the last page the store equals the database, whatever happened meanwhile.
import type { Alert, Case, FeedItem } from "../api/types";

export interface CaseLink {
  id: string;
  number: string;
  stage: string;
  department: string | null;
  overdue: boolean;
}

export interface Entry extends Alert {
  symptoms: string[];
  case: CaseLink | null;
}

export interface Blinding {
  id: string;
  rule: string;
  subject: string;
  members: string[];
}

export interface Counts {
  waiting: Record<string, number>;
  dealt_with: Record<string, number>;
  shelved: number;
}

export interface BoardPage {
  seq: number;
  at: string;
  items: Entry[];
  next: string | null;
  counts: Counts;
  blinding: Blinding[];
}

const BLINDING = new Set(["device.silent", "camera.lost", "camera.moved"]);
const OVER = new Set(["closed", "not_filed", "voided", "merged"]);

/** What one item of the feed did to the incidents. */
export interface Change {
  id: string;
  kind: "came" | "changed" | "went";
}

export class BoardStore {
  readonly incidents = new Map<string, Alert>();
  readonly #causes = new Map<string, string>(); // symptom → cause
  readonly #symptoms = new Map<string, number>(); // cause → how many
  readonly #cases = new Map<string, CaseLink>(); // alert → case
  readonly #inCase = new Map<string, Set<string>>(); // case → alerts
  readonly #blinding = new Map<string, Blinding>();
  readonly #blind = new Map<string, Set<string>>(); // subject → the alerts that blind it
  #touched: Map<string, number> | null = new Map(); // alert → the feed's number, while pages are still to come
  seq = 0;

  constructor(first: BoardPage) {
    this.seq = first.seq;
    this.#take(first);
  }

  /** Whether every page is in, so that what is not here is not open. */
  get complete(): boolean {
    return this.#touched === null;
  }

  addPage(page: BoardPage): void {
    this.#take(page);
  }

  apply(item: FeedItem): Change | null {
    if (item.seq <= this.seq) return null;
    this.seq = item.seq;
    if (item.alert) return this.#alert(item.alert, item.seq);
    if (item.case) this.#case(item.case);
    return null;
  }

  symptomsOf(id: string): number {
    return this.#symptoms.get(id) ?? 0;
  }

  caseOf(id: string): CaseLink | null {
    return this.#cases.get(id) ?? null;
  }

  /** Why what the alert says may be out of date: the rule of what blinds its device or camera, or null. */
  staleBy(alert: Alert): string | null {
    for (const name of [alert.subject, alert.camera]) {
      for (const id of (name && this.#blind.get(name)) || []) {
        if (id !== alert.id) return this.#blinding.get(id)?.rule ?? null;
      }
    }
    return null;
  }

  #take(page: BoardPage): void {
    for (const { symptoms, case: link, ...alert } of page.items) {
      for (const symptom of symptoms) if (!this.#isNewer(symptom, page.seq)) this.#setCause(symptom, alert.id);
      if (this.#isNewer(alert.id, page.seq)) continue;
      this.incidents.set(alert.id, alert);
      if (link) this.#link(alert.id, link);
      this.#see(alert);
    }
    for (const one of page.blinding) if (!this.#isNewer(one.id, page.seq)) this.#addBlinding(one);
    if (page.next === null) this.#touched = null;
  }

  #isNewer(id: string, seq: number): boolean {
    return (this.#touched?.get(id) ?? 0) > seq;
  }

  /** Take an alert as the answer to an order gave it, before the feed tells of it. */
  accept(alert: Alert): Change | null {
    return this.#alert(alert, this.seq);
  }

  #alert(alert: Alert, seq: number): Change | null {
    this.#touched?.set(alert.id, seq);
    const known = this.incidents.get(alert.id);
    if (known && known.revision > alert.revision) return null;
    const before = known !== undefined;
    const active = alert.condition === "active";
    const incident = active && alert.inhibited_by === null;
    this.#setCause(alert.id, active ? alert.inhibited_by : null);
    this.#see(alert);
    if (incident) this.incidents.set(alert.id, alert);
    else this.incidents.delete(alert.id);
    if (!before && !incident) return null;
    return { id: alert.id, kind: incident ? (before ? "changed" : "came") : "went" };
  }

  #case(found: Case): void {
    const alerts = new Set(OVER.has(found.stage) ? [] : found.alerts);
    for (const id of this.#inCase.get(found.id) ?? []) {
      if (!alerts.has(id) && this.#cases.get(id)?.id === found.id) this.#cases.delete(id);
    }
    this.#inCase.delete(found.id);
    const { id, number, stage, department, overdue } = found;
    for (const alert of alerts) this.#link(alert, { id, number, stage, department, overdue });
  }

  #link(alert: string, link: CaseLink): void {
    this.#cases.set(alert, link);
    const alerts = this.#inCase.get(link.id) ?? new Set();
    this.#inCase.set(link.id, alerts.add(alert));
  }

  #setCause(symptom: string, cause: string | null): void {
    const before = this.#causes.get(symptom) ?? null;
    if (before === cause) return;
    if (before !== null) {
      const left = this.symptomsOf(before) - 1;
      if (left > 0) this.#symptoms.set(before, left);
      else this.#symptoms.delete(before);
    }
    if (cause === null) this.#causes.delete(symptom);
    else {
      this.#causes.set(symptom, cause);
      this.#symptoms.set(cause, this.symptomsOf(cause) + 1);
    }
  }

  #see(alert: Alert): void {
    if (!BLINDING.has(alert.rule)) return;
    if (alert.condition === "active") this.#addBlinding(alert);
    else this.#dropBlinding(alert.id);
  }

  #addBlinding({ id, rule, subject, members }: Blinding): void {
    this.#dropBlinding(id);
    this.#blinding.set(id, { id, rule, subject, members });
    for (const name of [subject, ...members]) {
      this.#blind.set(name, (this.#blind.get(name) ?? new Set()).add(id));
    }
  }

  #dropBlinding(id: string): void {
    const known = this.#blinding.get(id);
    if (!known) return;
    this.#blinding.delete(id);
    for (const name of [known.subject, ...known.members]) {
      const ids = this.#blind.get(name);
      ids?.delete(id);
      if (ids?.size === 0) this.#blind.delete(name);
    }
  }
}
