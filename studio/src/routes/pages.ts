import {
  BookOpen,
  ChartNoAxesColumn,
  Cloud,
  Images,
  Info,
  type LucideIcon,
  Settings,
  Shapes,
  Sparkles,
  UsersRound,
} from "lucide-react";
import type { strings } from "@/strings";

export interface Page {
  readonly to: "/" | "/gallery" | "/models" | "/services" | "/usage" | "/settings" | "/admin" | "/docs" | "/about";
  readonly name: keyof typeof strings.shell.pages;
  readonly icon: LucideIcon;
  /** For those who look after a workspace only. */
  readonly admin?: boolean;
}

/** Where people spend their time. */
export const MAIN: readonly Page[] = [
  { to: "/", name: "generate", icon: Sparkles },
  { to: "/gallery", name: "gallery", icon: Images },
  { to: "/models", name: "models", icon: Shapes },
];

/** Where they go now and then. */
export const MORE: readonly Page[] = [
  { to: "/services", name: "services", icon: Cloud },
  { to: "/usage", name: "usage", icon: ChartNoAxesColumn },
  { to: "/settings", name: "settings", icon: Settings },
  { to: "/admin", name: "admin", icon: UsersRound, admin: true },
  { to: "/docs", name: "docs", icon: BookOpen },
  { to: "/about", name: "about", icon: Info },
];
