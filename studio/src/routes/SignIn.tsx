import { useSearch } from "@tanstack/react-router";
import { SignInForm } from "@/features/session/SignInForm";
import { ThemeMenu } from "@/features/theme/ThemeMenu";
import { strings } from "@/strings";
import { Lamp } from "@/ui/lamp";
import { Toaster } from "@/ui/toaster";

const words = strings.session;

/** The door. Whoever comes in goes on where they were. */
export function SignIn() {
  const { back, ended } = useSearch({ from: "/sign-in" });
  // The whole page anew: nothing that somebody else asked for is left.
  const enter = () => location.assign(back && isOurs(back) ? back : "/");
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center p-4">
      <title>{strings.shell.title(words.title)}</title>
      <div className="fixed top-2 end-4">
        <ThemeMenu />
      </div>
      <div className="flex w-full max-w-80 flex-col gap-6 animate-appear">
        <div className="flex flex-col items-center gap-2 text-center text-balance">
          <Lamp className="size-14" />
          <h1 className="text-title font-semibold">{words.title}</h1>
          <p className="text-small text-pencil">{ended ? words.expired : words.body}</p>
        </div>
        <SignInForm onSignedIn={enter} />
        <p className="text-small text-pencil text-balance text-center">{words.help}</p>
      </div>
      <Toaster />
    </main>
  );
}

/** An address within the studio, and not one of another site that looks like it. */
const isOurs = (address: string): boolean =>
  new URL(address, location.origin).origin === location.origin && address.startsWith("/");
