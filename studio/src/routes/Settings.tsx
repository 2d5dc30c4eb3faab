import { useMe, useStanding } from "@/api/session";
import { InstallSection } from "@/features/app/InstallSection";
import { PreviewChoice } from "@/features/develop/PreviewChoice";
import { LanguageChoice } from "@/features/language/LanguageChoice";
import { DefaultsForm } from "@/features/recipe/DefaultsForm";
import { Keys } from "@/features/settings/Keys";
import { Moderation } from "@/features/settings/Moderation";
import { Privacy } from "@/features/settings/Privacy";
import { StorageSection } from "@/features/settings/StorageSection";
import { WorkspacePolicy } from "@/features/settings/WorkspacePolicy";
import { ThemeChoice } from "@/features/theme/ThemeChoice";
import { nameOf } from "@/routes/AccountMenu";
import { togglePanel, usePanel } from "@/routes/panel";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { forget } from "@/ui/remembered";
import { PageColumn, Pairs, Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.settings;

/** What one sets for oneself; and keys and storage for those who look after them. */
export function Settings() {
  const { admin, house, creator } = useStanding();
  const { data: me } = useMe();
  return (
    <PageColumn>
      <Appearance />
      <InstallSection />
      <PreviewChoice />
      <Who />
      {me && <Privacy me={me} />}
      {admin && <Keys />}
      {creator && <Moderation admin={admin} />}
      {admin && me && <WorkspacePolicy workspace={me.workspace} />}
      {house && <StorageSection />}
    </PageColumn>
  );
}

function Appearance() {
  const shown = usePanel();
  const beginAfresh = () => {
    forget("draft");
    toast(words.forgotten);
  };
  return (
    <>
      <Section title={words.appearance}>
        <div className="flex max-w-sm flex-col gap-4">
          <ThemeChoice />
          <LanguageChoice />
        </div>
      </Section>
      <Section title={words.defaults} body={strings.defaults.body}>
        <DefaultsForm />
        <label className="flex items-center gap-3 text-small">
          <input type="checkbox" checked={shown} onChange={togglePanel} className="size-4 accent-pencil" />
          {words.panel}
        </label>
        <Button className="self-start" onClick={beginAfresh}>
          {words.forget}
        </Button>
      </Section>
    </>
  );
}

function Who() {
  const { data: me } = useMe();
  if (!me) return null;
  return (
    <Section title={words.session}>
      <Pairs
        of={[
          [words.name, nameOf(me)],
          [words.workspace, me.workspace],
          [words.role, strings.shell.roles[me.role]],
          [words.way, words.ways[me.kind]],
        ]}
      />
    </Section>
  );
}
