// The page at the present address: its module is loaded when first needed; one that breaks does not take the rest along.
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { href, type Parameters, place } from "../router";
import { load, type PageProps, type Route } from "../routes";
import { Button } from "../ui/Button";
import { comeBack } from "./comeBack";
import { Empty, Loading } from "../ui/states";

const loaded = new Map<Route, ComponentType<PageProps>>();

export function Page({ route, parameters }: { route: Route | null; parameters: Parameters }) {
  const [, turn] = useState(0);
  const [failed, setFailed] = useState<Error | null>(null);
  const Found = route ? loaded.get(route) : undefined;
  useEffect(() => {
    setFailed(null);
    if (!route || loaded.has(route)) return;
    let leave = () => {};
    load(route).then(
      (module) => {
        loaded.set(route, module.default);
        turn((n) => n + 1);
      },
      (error: Error) => {
        setFailed(error);
        leave = comeBack();
      },
    );
    return () => leave();
  }, [route]);
  if (!route)
    return (
      <Empty icon="search" title={t("shell.not-found")}>
        <p>{t("shell.not-found-hint")}</p>
        <a class="button" href={href("/board")}>
          {t("shell.to-board")}
        </a>
      </Empty>
    );
  if (failed) return <Broken error={failed} again={() => location.reload()} />;
  if (!Found) return <Loading />;
  return (
    <Guard key={place.value.path}>
      <Found parameters={parameters} />
    </Guard>
  );
}

class Guard extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null as Error | null };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error: error instanceof Error ? error : new Error(String(error)) });
  }

  override render() {
    const { error } = this.state;
    return error ? <Broken error={error} again={() => this.setState({ error: null })} /> : this.props.children;
  }
}

function Broken({ error, again }: { error: Error; again: () => void }) {
  return (
    <Empty icon="warning" title={t("shell.page-failed")}>
      <p>{t("shell.page-failed-hint", { detail: error.message })}</p>
      <Button icon="undo" onClick={again}>
        {t("ui.retry")}
      </Button>
    </Empty>
  );
}
