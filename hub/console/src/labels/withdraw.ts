// Takes a label back: it stays in the record and counts no longer.
import { remove } from "../api/http";
import { t } from "../i18n";
import type { Label } from "../tuning/documents";
import { refused, told } from "../ui/toast";

export async function withdraw(label: Pick<Label, "id">, done: () => void): Promise<void> {
  try {
    await remove(`tuning/labels/${label.id}`);
    told(t("tuning.withdrawn"));
  } catch (error) {
    refused(error);
  } finally {
    done();
  }
}
