import { setTheme, THEMES, type Theme, useTheme } from "@/features/theme/theme";
import { strings } from "@/strings";
import { Segmented } from "@/ui/segmented";

const words = strings.theme;

/** The same choice, all of it in sight. */
export function ThemeChoice() {
  const theme = useTheme();
  const segments = (Object.keys(THEMES) as Theme[]).map((value) => ({ value, label: words[value] }));
  return (
    <Segmented label={words.label} value={theme} segments={segments} onChange={(next) => setTheme(next as Theme)} />
  );
}
