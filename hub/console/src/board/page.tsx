// The alert board.
import { t } from "../i18n";
import { Empty } from "../ui/states";

export default function Board() {
  return <Empty title={t("shell.board")} />;
}
