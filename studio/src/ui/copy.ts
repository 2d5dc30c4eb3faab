import { strings } from "@/strings";
import { toast } from "@/ui/toasts";

/** Puts text where it can be pasted from, and says so; or says that the browser does not let it. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(strings.shell.copied);
  } catch {
    toast(strings.shell.notCopied, { wrong: true });
  }
}
