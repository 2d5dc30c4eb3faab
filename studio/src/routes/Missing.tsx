import { Link } from "@tanstack/react-router";
import { strings } from "@/strings";
import { buttonLook } from "@/ui/button";
import { Nothing } from "@/ui/states";

/** What stands at an address that is none of ours. */
export function Missing() {
  return (
    <main className="flex min-h-dvh flex-col justify-center">
      <Nothing title={strings.shell.missing}>
        <Link to="/" search={{}} className={buttonLook({ kind: "plain" })}>
          {strings.shell.back}
        </Link>
      </Nothing>
    </main>
  );
}
