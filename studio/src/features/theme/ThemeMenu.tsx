import { Check, Moon, Sun, SunMoon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { useMedia } from "@/ui/media";
import { recall, remember } from "@/ui/remembered";

const words = strings.theme;
const KEY = "theme";
const THEMES = { dark: Moon, light: Sun, system: SunMoon } as const;
type Theme = keyof typeof THEMES;

const stored = (): Theme => {
  const choice = recall(KEY);
  return choice !== null && choice in THEMES ? (choice as Theme) : "dark";
};

/** Dark, light, or as the system. The first paint is done by theme.js, from the same key. */
export function ThemeMenu() {
  const [theme, setTheme] = useState(stored);
  const systemLight = useMedia("(prefers-color-scheme: light)");
  const light = theme === "light" || (theme === "system" && systemLight);
  useEffect(() => {
    remember(KEY, theme);
    document.documentElement.dataset.theme = light ? "light" : "dark";
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", light ? "#f5f1e9" : "#131110");
  }, [theme, light]);
  const Current = THEMES[theme];
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button kind="quiet" size="icon" aria-label={words.label} title={words.label}>
          <Current aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-50 min-w-40 rounded-control bg-raised p-1 shadow-float animate-appear"
        >
          <DropdownMenu.RadioGroup value={theme} onValueChange={(next) => setTheme(next as Theme)}>
            {Object.entries(THEMES).map(([name, Icon]) => (
              <DropdownMenu.RadioItem
                key={name}
                value={name}
                className="flex h-8 items-center gap-3 rounded-control px-2 text-small outline-none data-highlighted:bg-line"
              >
                <Icon aria-hidden className="size-4 text-pencil" />
                {words[name as Theme]}
                <DropdownMenu.ItemIndicator className="ml-auto">
                  <Check aria-hidden className="size-4" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
