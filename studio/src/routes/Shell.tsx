import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Keyboard, PanelRightClose, PanelRightOpen } from "lucide-react";
import { useState } from "react";
import { useMe } from "@/api/session";
import { useDarkroom } from "@/features/develop/darkroom";
import { type KeyGroup, KeysDialog } from "@/features/keys/KeysDialog";
import { ServerMark } from "@/features/server/ServerMark";
import { ThemeMenu } from "@/features/theme/ThemeMenu";
import { AccountMenu } from "@/routes/AccountMenu";
import { Navigation, NavigationMenu } from "@/routes/Navigation";
import { togglePanel, usePanel } from "@/routes/panel";
import { usePageName } from "@/routes/usePageName";
import { useStranger } from "@/routes/useStranger";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { Lamp } from "@/ui/lamp";
import { Toaster } from "@/ui/toaster";
import { useKeys } from "@/ui/useKeys";

/** The frame around every page: the name, the way to the others, the server, the theme, the keys. */
export function Shell() {
  const [keysOpen, setKeysOpen] = useState(false);
  const navigate = useNavigate();
  const watched = useDarkroom(({ development }) => development?.id);
  const { isPending, errorUpdateCount } = useMe();
  useStranger();
  useKeys({
    "?": () => setKeysOpen(true),
    g: () => void navigate({ to: "/gallery", search: {} }),
    d: () => void navigate({ to: "/", search: watched ? { g: watched } : {} }),
  });
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex h-12 shrink-0 items-center gap-1 px-4 lg:px-6">
        <Link
          to="/"
          search={watched ? { g: watched } : {}}
          className="flex items-center gap-2 rounded-control font-semibold"
        >
          <Lamp />
          {strings.name}
        </Link>
        <div className="me-auto lg:ps-6">
          <Navigation />
        </div>
        <ServerMark />
        <ThemeMenu />
        <IconButton label={strings.keys.open} onClick={() => setKeysOpen(true)} className="max-lg:hidden">
          <Keyboard aria-hidden />
        </IconButton>
        <AccountMenu />
        <PanelToggle />
        <NavigationMenu />
        <PageTitle />
      </header>
      {/* Until it is known who one is, or that nobody answers, nothing is asked for that may be refused. */}
      {(!isPending || errorUpdateCount > 0) && <Outlet />}
      <KeysDialog open={keysOpen} onOpenChange={setKeysOpen} groups={keyGroups()} />
      <Toaster />
      <Announcer />
    </div>
  );
}

const keyGroups = (): readonly KeyGroup[] => [
  { title: strings.shell.everywhere, keys: strings.shell.keys },
  { title: strings.shell.pages.generate, keys: strings.keys.groups },
  { title: strings.gallery.title, keys: strings.gallery.keys },
];

function PanelToggle() {
  const shown = usePanel();
  const { pathname } = useLocation();
  if (pathname !== "/") return null;
  const Panel = shown ? PanelRightClose : PanelRightOpen;
  return (
    <IconButton
      label={shown ? strings.parameters.hide : strings.parameters.show}
      onClick={togglePanel}
      className="max-lg:hidden"
    >
      <Panel aria-hidden />
    </IconButton>
  );
}

/** The page's name for those who hear it; the tab tells how far the picture is. */
function PageTitle() {
  const page = usePageName();
  const title = useDarkroom(({ development }) =>
    development?.phase === "running"
      ? strings.title(Math.round(development.progress * 100), development.recipe.prompt)
      : page === strings.shell.pages.generate
        ? strings.name
        : strings.shell.title(page),
  );
  return (
    <>
      <title>{title}</title>
      <h1 className="sr-only">{page}</h1>
    </>
  );
}

/** Speaks the start, the quarters and the end of what is watched. */
function Announcer() {
  const announcement = useDarkroom((room) => room.announcement);
  return (
    <p aria-live="polite" data-testid="announcer" className="sr-only">
      {announcement}
    </p>
  );
}
