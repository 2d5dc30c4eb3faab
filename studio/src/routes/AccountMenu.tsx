import { Link } from "@tanstack/react-router";
import { CircleUserRound, LogIn, LogOut } from "lucide-react";
import { Problem } from "@/api/problem";
import { signOut, useMe, useStanding } from "@/api/session";
import type { Me } from "@/api/types";
import { MORE } from "@/routes/pages";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuLine, MenuNote } from "@/ui/menu";
import { toast } from "@/ui/toasts";

const words = strings.shell;

export const nameOf = (me: Me): string => {
  if (me.kind === "local") return words.local;
  return me.kind === "anonymous" ? words.anonymous : me.name;
};

/** Who one is, the pages that are needed now and then, and the way out. */
export function AccountMenu() {
  const { data: me } = useMe();
  const { admin } = useStanding();
  const leave = async () => {
    try {
      await signOut();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return toast(error.message, { wrong: true });
    }
    location.assign("/sign-in");
  };
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" aria-label={words.account} title={words.account} className="max-lg:hidden">
          <CircleUserRound aria-hidden />
        </Button>
      }
    >
      {me && <Who me={me} />}
      {MORE.filter((page) => admin || !page.admin).map((page) => (
        <MenuItem key={page.to} asChild>
          <Link to={page.to}>
            <page.icon aria-hidden />
            {words.pages[page.name]}
          </Link>
        </MenuItem>
      ))}
      <MenuLine />
      <Door me={me} onSignOut={() => void leave()} />
    </Menu>
  );
}

function Who({ me }: { me: Me }) {
  return (
    <>
      <MenuNote>
        <span className="block truncate text-paper">{nameOf(me)}</span>
        {words.roles[me.role]} · {me.workspace}
      </MenuNote>
      <MenuLine />
    </>
  );
}

/** In, for those who are nobody yet; elsewhere and out for those who are signed in. */
function Door({ me, onSignOut }: { me: Me | undefined; onSignOut(): void }) {
  const signedIn = me?.csrf_token != null;
  return (
    <>
      <MenuItem asChild>
        <Link to="/sign-in" search={{ back: "/" }}>
          <LogIn aria-hidden />
          {signedIn ? words.otherWorkspace : words.pages.signIn}
        </Link>
      </MenuItem>
      {signedIn && (
        <MenuItem onSelect={onSignOut}>
          <LogOut aria-hidden />
          {words.signOut}
        </MenuItem>
      )}
    </>
  );
}
