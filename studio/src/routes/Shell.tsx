import { Keyboard, PanelRightClose, PanelRightOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { useDarkroom } from "@/features/develop/darkroom";
import { KeysDialog } from "@/features/keys/KeysDialog";
import { ServerMark } from "@/features/server/ServerMark";
import { ThemeMenu } from "@/features/theme/ThemeMenu";
import { Generate } from "@/routes/Generate";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { Lamp } from "@/ui/lamp";
import { recall, remember } from "@/ui/remembered";

const KEY = "parameters";

/** The frame around every page: the name, the server, the theme, the keys. */
export function Shell() {
  const [keysOpen, setKeysOpen] = useState(false);
  const [parametersShown, setParametersShown] = useState(() => recall(KEY) !== "hidden");
  const toggleParameters = () => setParametersShown((shown) => !shown);
  useEffect(() => remember(KEY, parametersShown ? "shown" : "hidden"), [parametersShown]);
  const Panel = parametersShown ? PanelRightClose : PanelRightOpen;
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex h-12 shrink-0 items-center gap-1 px-4 lg:px-6">
        <h1 className="mr-auto flex items-center gap-2 font-semibold">
          <Lamp />
          {strings.name}
        </h1>
        <ServerMark />
        <ThemeMenu />
        <IconButton label={strings.keys.open} onClick={() => setKeysOpen(true)} className="max-lg:hidden">
          <Keyboard aria-hidden />
        </IconButton>
        <IconButton
          label={parametersShown ? strings.parameters.hide : strings.parameters.show}
          onClick={toggleParameters}
          className="max-lg:hidden"
        >
          <Panel aria-hidden />
        </IconButton>
      </header>
      <Generate
        parametersShown={parametersShown}
        onToggleParameters={toggleParameters}
        onShowKeys={() => setKeysOpen(true)}
      />
      <KeysDialog open={keysOpen} onOpenChange={setKeysOpen} />
      <Announcer />
      <Title />
    </div>
  );
}

/** The tab tells how far the picture is. */
function Title() {
  const title = useDarkroom(({ development }) =>
    development?.phase === "running"
      ? strings.title(Math.round(development.progress * 100), development.recipe.prompt)
      : strings.name,
  );
  return <title>{title}</title>;
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
