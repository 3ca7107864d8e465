/** Links within the application: addresses as the API gives them, and addresses made of names. */
import { useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, MouseEvent, Ref } from "react";

/** A path of literal parts and names, which are escaped: ``path`/models/${name}` ``. */
export function path(parts: TemplateStringsArray, ...names: (string | number)[]): string {
  return parts.reduce((whole, part, place) => whole + encodeURIComponent(names[place - 1]!).replaceAll("%3A", ":").replaceAll("%40", "@") + part);
}

/** Whether this is a path of ours; nothing that somebody stored leads elsewhere. */
export function isOurs(href: string): boolean {
  return href.startsWith("/") && !href.startsWith("//") && !href.startsWith("/\\");
}

export function useGo(): (href: string) => void {
  const router = useRouter();
  return (href) => {
    if (isOurs(href)) router.history.push(href);
  };
}

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; ref?: Ref<HTMLAnchorElement> };

export function PageLink({ href, onClick, ...rest }: Props) {
  const router = useRouter();
  const go = useGo();
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    go(href);
  }
  function prepare() {
    if (isOurs(href)) void router.preloadRoute({ to: href } as never).catch(() => undefined);
  }
  return <a {...rest} href={isOurs(href) ? href : undefined} onClick={follow} onPointerEnter={prepare} />;
}
