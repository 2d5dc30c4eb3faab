import { useLocation } from "@tanstack/react-router";
import { MAIN, MORE } from "@/routes/pages";
import { strings } from "@/strings";

/** What the page at the present address is called. */
export function usePageName(): string {
  const { pathname } = useLocation();
  const page = [...MAIN, ...MORE].find(({ to }) => to === pathname);
  return page ? strings.shell.pages[page.name] : strings.name;
}
