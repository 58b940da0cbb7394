// A secret that is shown once: in full, with a way to copy it, until whoever sees it says that they have it.
import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { told } from "./toast";

export function Secret({
  title,
  about,
  secret,
  onClose,
}: {
  title: string;
  about: string;
  secret: string;
  onClose: () => void;
}) {
  const copy = async () => {
    await navigator.clipboard?.writeText(secret);
    told(t("ui.copied"));
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("ui.dismiss")}
        </Button>
      }
    >
      <p>{about}</p>
      <p class="secret mono">{secret}</p>
      {navigator.clipboard && (
        <Button icon="copy" onClick={() => void copy()}>
          {t("ui.copy")}
        </Button>
      )}
    </Dialog>
  );
}
