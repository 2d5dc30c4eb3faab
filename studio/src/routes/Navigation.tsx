import { Link, useLocation } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { useStanding } from "@/api/session";
import { useDarkroom } from "@/features/develop/darkroom";
import { MAIN, MORE, type Page } from "@/routes/pages";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";

const words = strings.shell;

/** Where a page is; Generate with what is in its tray. */
const useSearchOf = () => {
  const watched = useDarkroom(({ development }) => development?.id);
  return (page: Page) => (page.to === "/" && watched ? { g: watched } : {});
};

export function Navigation() {
  const searchOf = useSearchOf();
  return (
    <nav aria-label={words.navigation} className="max-lg:hidden">
      <ul className="flex gap-1">
        {MAIN.map((page) => (
          <li key={page.to}>
            <Link
              to={page.to}
              search={searchOf(page)}
              activeOptions={{ exact: page.to === "/", includeSearch: false }}
              className="flex h-8 items-center rounded-control px-3 text-small text-pencil transition-colors duration-100 hover:bg-raised hover:text-paper aria-[current=page]:text-paper aria-[current=page]:font-medium"
            >
              {words.pages[page.name]}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The same behind one button, where there is no room. */
export function NavigationMenu() {
  const searchOf = useSearchOf();
  const { pathname } = useLocation();
  const { admin } = useStanding();
  const items = (pages: readonly Page[]) =>
    pages
      .filter((page) => admin || !page.admin)
      .map((page) => (
        <MenuItem key={page.to} asChild>
          <Link to={page.to} search={searchOf(page)} className={cx(pathname === page.to && "font-medium")}>
            <page.icon aria-hidden />
            {words.pages[page.name]}
          </Link>
        </MenuItem>
      ));
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" aria-label={words.menu} title={words.menu} className="lg:hidden">
          <MenuIcon aria-hidden />
        </Button>
      }
    >
      {items(MAIN)}
      <MenuLine />
      {items(MORE)}
    </Menu>
  );
}
