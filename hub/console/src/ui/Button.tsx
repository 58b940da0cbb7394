// A button with words, or with an icon and its words as a tooltip.
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./Icon";

type Plain = Omit<JSX.IntrinsicElements["button"], "ref" | "icon">;

export interface ButtonProps extends Plain {
  kind?: "plain" | "primary" | "danger" | "quiet";
  icon?: IconName;
  /** Shown as a key on the button: the keyboard's way to the same. */
  hotkey?: string | undefined;
  busy?: boolean;
  children?: ComponentChildren;
}

export function Button({ kind = "plain", icon, hotkey, busy = false, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button ${kind} ${rest.class ?? ""}`}
      disabled={disabled || busy}
      aria-busy={busy}
    >
      {icon && <Icon name={icon} size={16} />}
      {children !== undefined && <span>{children}</span>}
      {hotkey && <kbd aria-hidden="true">{hotkey}</kbd>}
    </button>
  );
}

export function IconButton({
  icon,
  label,
  size = 18,
  ...rest
}: Plain & { icon: IconName; label: string; size?: number }) {
  return (
    <button type="button" {...rest} class={`icon-button ${rest.class ?? ""}`} aria-label={label} title={label}>
      <Icon name={icon} size={size} />
    </button>
  );
}
