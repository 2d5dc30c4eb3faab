import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { setTheme, THEMES, type Theme, useTheme } from "@/features/theme/theme";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

const words = strings.theme;

/** Dark, light, or as the system. */
export function ThemeMenu() {
  const theme = useTheme();
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
                <DropdownMenu.ItemIndicator className="ms-auto">
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
