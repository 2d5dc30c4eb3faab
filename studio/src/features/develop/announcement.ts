import type { Development } from "@/features/develop/development";
import { strings } from "@/strings";

const QUARTERS = [0.25, 0.5, 0.75];

/** What a screen reader should say about a change: start, quarters and end, and nothing between. Empty for silence. */
export function announcement(before: Development | null, now: Development | null): string {
  if (now === null || before === now) return "";
  const same = before?.id === now.id;
  if (now.phase !== (same ? before.phase : null)) return strings.announce[now.phase](now);
  const crossed = QUARTERS.findLast((quarter) => (before?.progress ?? 0) < quarter && now.progress >= quarter);
  return crossed && now.phase === "running" ? strings.announce.quarter(Math.round(crossed * 100)) : "";
}
