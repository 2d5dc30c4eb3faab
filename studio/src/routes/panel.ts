import { createStore, useStore } from "zustand";
import { recall, remember } from "@/ui/remembered";

const KEY = "parameters";
const panel = createStore(() => ({ shown: recall(KEY) !== "hidden" }));

export function togglePanel(): void {
  const shown = !panel.getState().shown;
  remember(KEY, shown ? "shown" : "hidden");
  panel.setState({ shown });
}

/** Whether the parameters stand beside the stage, kept over reloads. */
export const usePanel = (): boolean => useStore(panel, ({ shown }) => shown);
