import { Moon, Sun, SunMoon } from "lucide-react";
import { useEffect } from "react";
import { createStore, useStore } from "zustand";
import { useMedia } from "@/ui/media";
import { recall, remember } from "@/ui/remembered";

const KEY = "theme";
export const THEMES = { dark: Moon, light: Sun, system: SunMoon } as const;
export type Theme = keyof typeof THEMES;

const stored = (): Theme => {
  const choice = recall(KEY);
  return choice !== null && choice in THEMES ? (choice as Theme) : "dark";
};
const store = createStore<{ readonly theme: Theme }>(() => ({ theme: stored() }));

export function setTheme(theme: Theme): void {
  remember(KEY, theme);
  store.setState({ theme });
}

/** The chosen theme; puts it on the page. The first paint is done by theme.js, from the same key. */
export function useTheme(): Theme {
  const theme = useStore(store, (state) => state.theme);
  const systemLight = useMedia("(prefers-color-scheme: light)");
  const light = theme === "light" || (theme === "system" && systemLight);
  useEffect(() => {
    document.documentElement.dataset.theme = light ? "light" : "dark";
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", light ? "#f5f1e9" : "#131110");
  }, [light]);
  return theme;
}
